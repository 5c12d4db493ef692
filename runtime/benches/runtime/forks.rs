//! Forks and snapshots of banks by size, and many forks at once. Slots come from
//! the pool if it has any.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use memloom_runtime::Bank;

use crate::banks;

/// Measures forks of a bank, alone and with the usual next call.
pub fn by_entries(criterion: &mut Criterion) {
    let component = banks::flat();
    let mut group = criterion.benchmark_group("entries");
    group.sample_size(20);
    for entries in banks::SIZES {
        let mut bank = banks::filled(&component, entries);
        group.bench_function(BenchmarkId::new("fork", entries), |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| fork(&mut bank)).sum());
        });
        group.bench_function(BenchmarkId::new("fork-and-insert", entries), |bencher| {
            bencher.iter_custom(|times| {
                let forks = (0..times).map(|_| fork_and_insert(&mut bank, entries));
                forks.sum()
            });
        });
        let mut seed = entries;
        group.bench_function(BenchmarkId::new("snapshot", entries), |bencher| {
            bencher.iter_custom(|times| {
                let mut one = || {
                    seed += 1;
                    snapshot(&mut bank, entries, seed)
                };
                (0..times).map(|_| one()).sum::<Duration>()
            });
        });
    }
}

/// Measures many forks of a bank of 10 000 entries, each with an insertion.
pub fn live(criterion: &mut Criterion) {
    const ENTRIES: u32 = 10_000;
    let mut bank = banks::filled(&banks::flat(), ENTRIES);
    let mut group = criterion.benchmark_group("live");
    group.sample_size(10);
    for forks in [1, 10, 100, 1_000] {
        group.throughput(Throughput::Elements(u64::from(forks)));
        group.bench_function(BenchmarkId::from_parameter(forks), |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| live_once(&mut bank, forks)).sum());
        });
    }
}

/// A fork of a bank that was not called since the last one.
fn fork(bank: &mut Bank) -> Duration {
    let start = Instant::now();
    let fork = bank.fork().expect("a fork");
    let took = start.elapsed();
    drop(fork);
    took
}

/// A fork, and the first write in it, which copies pages.
fn fork_and_insert(bank: &mut Bank, entries: u32) -> Duration {
    let start = Instant::now();
    let mut fork = bank.fork().expect("a fork");
    banks::insert(&mut fork, entries + 1);
    start.elapsed()
}

/// The first fork after a session that changed ten entries: it takes the bank's
/// state anew.
fn snapshot(bank: &mut Bank, entries: u32, seed: u32) -> Duration {
    banks::change_ten(bank, entries, seed);
    fork(bank)
}

/// Dropping the forks does not count.
fn live_once(bank: &mut Bank, forks: u32) -> Duration {
    let start = Instant::now();
    let mut live: Vec<Bank> = (0..forks).map(|_| bank.fork().expect("a fork")).collect();
    for (number, fork) in (0..).zip(&mut live) {
        banks::insert(fork, 1_000_000 + number);
    }
    start.elapsed()
}
