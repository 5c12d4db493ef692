//! What is measured, once. Shells come from the pool where it has any.

use std::time::{Duration, Instant};

use memloom_runtime::Bank;

use crate::banks;

/// A fork of a bank that was not called since the last one.
pub fn fork(bank: &mut Bank) -> Duration {
    let start = Instant::now();
    let fork = bank.fork().expect("a fork");
    let took = start.elapsed();
    drop(fork);
    took
}

/// A fork, and the first write in it, which copies pages.
pub fn fork_and_insert(bank: &mut Bank, entries: u32) -> Duration {
    let start = Instant::now();
    let mut fork = bank.fork().expect("a fork");
    banks::insert(&mut fork, entries + 1);
    start.elapsed()
}

/// The first fork after a session that changed ten entries: it takes the bank's
/// state anew.
pub fn snapshot(bank: &mut Bank, entries: u32, seed: u32) -> Duration {
    banks::change_ten(bank, entries, seed);
    fork(bank)
}

/// So many forks that live at once and insert an entry each; dropping them does
/// not count.
pub fn live(bank: &mut Bank, entries: u32, forks: u32) -> Duration {
    let start = Instant::now();
    let mut live: Vec<Bank> = (0..forks).map(|_| bank.fork().expect("a fork")).collect();
    for fork in &mut live {
        banks::insert(fork, entries + 1);
    }
    start.elapsed()
}
