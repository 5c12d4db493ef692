//! Mode `puzzle`: four numbers are to make 24.

use memloom_sdk::random::Random;

use crate::options::Options;
use crate::seed;
use crate::stream::{Sitting, Stream};
use memloom_sdk::generated::Address;
use memloom_sdk::generated::Split;

pub mod expression;
pub mod fraction;
pub mod game;
pub mod term;

use game::Game;
pub use term::{MOST_TERMS, Term};

/// The largest number.
const LARGEST: u64 = 13;

/// Generates the sessions of an episode, all of them tasks.
#[must_use]
pub fn stream(options: &Options, address: &Address) -> Stream {
    let mut random = seed::sessions(options.seed, address);
    let sittings = (1..=address.sessions).map(|_| {
        let numbers = draw(address.split, &mut random);
        Sitting::Task(Box::new(Game::new(numbers, options.slack)) as _)
    });
    Stream {
        sittings: sittings.collect(),
        speakers: Vec::new(),
    }
}

/// Draws four numbers, in order, of a split that make 24. Splits share none.
fn draw(split: Split, random: &mut Random) -> [i64; 4] {
    loop {
        let mut numbers = [(); 4].map(|()| 1 + random.below(LARGEST) as i64);
        numbers.sort_unstable();
        let mixed = numbers.iter().fold(0, |mixed, number| mixed * 5 + number);
        let own = mixed % Split::ALL.len() as i64 == split as i64;
        if own && term::solve(&term::start(&numbers)).is_some() {
            return numbers;
        }
    }
}

#[cfg(test)]
mod tests;
