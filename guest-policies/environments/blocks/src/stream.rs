//! The tasks of an episode.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;

use crate::options::{Named, Options, Order};
use crate::problem::Problem;

/// Draws the tasks of an episode. There are half as many problems to draw from as tasks, so that
/// some tasks of a stream are the same.
#[must_use]
pub fn made_up(options: &Options, split: Split, index: u64) -> Vec<Problem> {
    let mut random = Random::derived(options.seed, &[1, split as u64, index]);
    let [least, most] = options.size;
    let problems: Vec<Problem> = (0..options.tasks.div_ceil(2))
        .map(|_| {
            let size = least + random.below(u64::from(most - least) + 1) as u32;
            Problem::draw(options.world, size, split, &mut random)
        })
        .collect();
    let drawn = (0..options.tasks).filter_map(|_| random.pick(&problems).cloned());
    let mut tasks: Vec<Problem> = drawn.collect();
    put_in_order(&mut tasks, options.order, split, index);
    tasks
}

/// Puts tasks into an order, those with equally many goals as they stood before.
fn put_in_order(tasks: &mut [Problem], order: Order, split: Split, index: u64) {
    match order {
        Order::Named(Named::Given) => (),
        Order::Named(Named::EasyFirst) => tasks.sort_by_key(Problem::goals),
        Order::Named(Named::HardFirst) => tasks.sort_by_key(|task| usize::MAX - task.goals()),
        Order::Shuffled(seed) => {
            Random::derived(seed, &[2, split as u64, index]).shuffle(tasks);
        }
    }
}

/// Returns the stream for a demonstrator's choice before one move of a session. Its seed is
/// independent of the episode's.
#[must_use]
pub fn demonstration(seed: u64, split: Split, index: u64, session: u32, moves: u32) -> Random {
    let path = [3, split as u64, index, session.into(), moves.into()];
    Random::derived(seed, &path)
}
