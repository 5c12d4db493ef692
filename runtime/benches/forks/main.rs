//! What forks cost: `cargo bench -p memloom-runtime --bench forks`.
//!
//! Of the `flat` bank, or of another that `MEMLOOM_BANK` names. Build the former
//! with `cargo xtask guests` first.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

mod banks;
mod measured;
mod memory;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Forks, alone and with what usually follows, and snapshots.
fn by_entries(criterion: &mut Criterion) {
    let component = banks::component();
    let mut group = criterion.benchmark_group("entries");
    group.sample_size(20);
    for entries in banks::SIZES {
        let mut bank = banks::filled(&component, entries);
        let mut seed = entries;
        group.bench_function(BenchmarkId::new("fork", entries), |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| measured::fork(&mut bank)).sum());
        });
        group.bench_function(BenchmarkId::new("fork and insert", entries), |bencher| {
            bencher.iter_custom(|times| {
                let insertions = (0..times).map(|_| measured::fork_and_insert(&mut bank, entries));
                insertions.sum()
            });
        });
        group.bench_function(BenchmarkId::new("snapshot", entries), |bencher| {
            bencher.iter_custom(|times| {
                let mut one = || {
                    seed += 1;
                    measured::snapshot(&mut bank, entries, seed)
                };
                (0..times).map(|_| one()).sum::<Duration>()
            });
        });
    }
}

/// Many at once, each of which inserts.
fn live(criterion: &mut Criterion) {
    const ENTRIES: u32 = 10_000;
    let component = banks::component();
    let mut bank = banks::filled(&component, ENTRIES);
    let mut group = criterion.benchmark_group("live");
    group.sample_size(10);
    for forks in [1, 10, 100, 1_000] {
        group.throughput(Throughput::Elements(u64::from(forks)));
        group.bench_function(BenchmarkId::from_parameter(forks), |bencher| {
            bencher.iter_custom(|times| {
                let rounds = (0..times).map(|_| measured::live(&mut bank, ENTRIES, forks));
                rounds.sum()
            });
        });
    }
    group.finish();
    match memory::of_a_thousand_forks(&mut bank, ENTRIES) {
        Some(bytes) => println!("live/1000: {} KiB more memory", bytes / 1024),
        None => println!("live/1000: this system does not say how much memory that takes"),
    }
}

criterion_group!(forks, by_entries, live);
criterion_main!(forks);
