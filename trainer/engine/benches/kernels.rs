//! Speed of RMSNorm, gates and the scoring of choices on the CPU, forward and backward:
//!
//! ```sh
//! cargo bench -p memloom-engine --bench kernels
//! ```

use burn::backend::Autodiff;
use burn::tensor::{Distribution, Tensor};
use burn_flex::Flex;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memloom_engine::kernels::{Activation, Choice, Kernels, Precision};

type Tracked = Autodiff<Flex>;

const TOKENS: usize = 1024;
const WIDTH: usize = 512;
const VOCABULARY: usize = 32_000;

fn random<const D: usize>(shape: [usize; D]) -> Tensor<Tracked, D> {
    Tensor::random(shape, Distribution::Default, &Default::default()).require_grad()
}

fn rms_norm(criterion: &mut Criterion) {
    let (x, weight) = (random([TOKENS, WIDTH]), random([WIDTH]));
    let mut group = criterion.benchmark_group("rms_norm");
    group.throughput(Throughput::Elements(TOKENS as u64));
    group.bench_function("forward", |bencher| {
        bencher.iter(|| Flex::rms_norm(x.clone().inner(), weight.clone().inner(), 1e-6));
    });
    group.bench_function("backward", |bencher| {
        bencher.iter(|| {
            let y = Tracked::rms_norm(x.clone(), weight.clone(), 1e-6);
            y.sum().backward()
        });
    });
    group.finish();
}

fn gate(criterion: &mut Criterion) {
    let gate_up = random([TOKENS, 2 * WIDTH]);
    let mut group = criterion.benchmark_group("gate");
    group.throughput(Throughput::Elements(TOKENS as u64));
    for activation in [Activation::Silu, Activation::GeluTanh] {
        group.bench_function(format!("{activation:?}/forward"), |bencher| {
            bencher.iter(|| Flex::gate(activation, gate_up.clone().inner()));
        });
        group.bench_function(format!("{activation:?}/backward"), |bencher| {
            bencher.iter(|| Tracked::gate(activation, gate_up.clone()).sum().backward());
        });
    }
    group.finish();
}

fn score_choices(criterion: &mut Criterion) {
    let count = 128;
    let (hidden, weight) = (random([count, WIDTH]), random([VOCABULARY, WIDTH]));
    let mut group = criterion.benchmark_group("score_choices");
    group.throughput(Throughput::Elements(count as u64));
    group.sample_size(10);
    for (name, allowed) in [
        ("whole vocabulary", None),
        ("four tokens", Some([1, 5, 9, 13])),
    ] {
        let choice = Choice {
            token: 5,
            allowed: allowed.map(|tokens: [u32; 4]| tokens.into()),
        };
        let choices = vec![choice; count];
        group.bench_function(format!("{name}, forward"), |bencher| {
            bencher.iter(|| {
                let (hidden, weight) = (hidden.clone().inner(), weight.clone().inner());
                Flex::score_choices(hidden, weight, &choices, 1.0, Precision::Float32)
            });
        });
        group.bench_function(format!("{name}, backward"), |bencher| {
            bencher.iter(|| {
                let (hidden, weight) = (hidden.clone(), weight.clone());
                let (logprobs, _) =
                    Tracked::score_choices(hidden, weight, &choices, 1.0, Precision::Float32);
                logprobs.sum().backward()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rms_norm, gate, score_choices);
criterion_main!(benches);
