//! The tasks of an episode.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;

use crate::chain::Chain;
use crate::options::{Named, Options, Order};
use crate::problem::Problem;

/// Problems that share a chain and differ in the first number.
const ALIKE: usize = 2;

/// Draws the tasks of a made-up episode. There are as many problems to draw from as tasks, two of
/// a chain each, so that tasks of a stream are alike, and some are the same.
#[must_use]
pub fn made_up(options: &Options, split: Split, index: u64) -> Vec<Problem> {
    let mut random = Random::derived(options.seed, &[1, split as u64, index]);
    let tasks = options.tasks as usize;
    let mut problems = Vec::new();
    for _ in 0..tasks.div_ceil(ALIKE) {
        let chain = Chain::draw(options.depth, &mut random);
        let mut first = chain.first_numbers(split);
        random.shuffle(&mut first);
        let alike = first.into_iter().take(ALIKE);
        problems.extend(alike.map(|first| chain.problem(first)));
    }
    let drawn = (0..tasks).filter_map(|_| random.pick(&problems).cloned());
    drawn.collect()
}

/// Puts tasks into an order, those of equally many steps as they stood before.
pub fn put_in_order(tasks: &mut [Problem], order: Order, split: Split, index: u64) {
    match order {
        Order::Named(Named::Given) => (),
        Order::Named(Named::EasyFirst) => tasks.sort_by_key(|task| task.steps),
        Order::Named(Named::HardFirst) => tasks.sort_by_key(|task| u32::MAX - task.steps),
        Order::Shuffled(seed) => {
            Random::derived(seed, &[2, split as u64, index]).shuffle(tasks);
        }
    }
}
