//! Costs of instances and of calls between host and component.

use criterion::{BenchmarkId, Criterion, Throughput};

use crate::banks;

/// An instance; a call with a small typed result; bytes in and out.
pub fn boundary(criterion: &mut Criterion) {
    let component = banks::flat();
    criterion.bench_function("instantiate", |bencher| {
        bencher.iter(|| component.instantiate().expect("an instance"));
    });
    let mut bank = banks::filled(&component, 100);
    criterion.bench_function("call", |bencher| {
        bencher.iter(|| bank.stats().expect("stats"));
    });
    let mut group = criterion.benchmark_group("bytes");
    for size in [1 << 10, 1 << 16, 1 << 20] {
        group.throughput(Throughput::Bytes(size));
        // The bank refuses it by its first bytes, so the cost is that of the copy.
        let foreign = vec![b'x'; size as usize];
        group.bench_function(BenchmarkId::new("in", size), |bencher| {
            bencher.iter(|| bank.restore(&foreign).expect_err("no snapshot of a bank"));
        });
        // One entry of about that size, copied once inside the bank.
        let mut bank = component.instantiate().expect("an instance");
        banks::write(&mut bank, "x".repeat(size as usize));
        group.bench_function(BenchmarkId::new("out", size), |bencher| {
            bencher.iter(|| bank.snapshot().expect("a snapshot"));
        });
    }
}
