//! Speed of fused attention on the CPU: forward, backward, and through a key-value cache:
//!
//! ```sh
//! cargo bench -p memloom-engine --bench attention
//! ```

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::tensor::{Distribution, Tensor};
use burn_flex::Flex;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use memloom_engine::kernels::{
    AttentionMetadata, AttentionPlan, Heads, Kernels, Layout, Precision, Rope,
};

type Tracked = Autodiff<Flex>;

const HEADS: Heads = Heads {
    queries: 9,
    keys: 3,
    width: 64,
};

/// The heads and the window of Gemma 3 270M.
const GEMMA3: Heads = Heads {
    queries: 4,
    keys: 1,
    width: 256,
};
const WINDOW: usize = 512;

fn plan<B: Kernels>(
    layout: Layout,
    heads: Heads,
    window: Option<usize>,
    precision: Precision,
) -> AttentionPlan<B> {
    let frequency = |pair: usize| 10_000f64.powf(-2.0 * pair as f64 / heads.width as f64);
    let frequencies: Vec<f64> = (0..heads.width / 2).map(frequency).collect();
    let metadata = AttentionMetadata {
        layout: Arc::new(layout),
        heads,
        window,
        scale: 1.0 / (heads.width as f32).sqrt(),
        rope: Arc::new(Rope::new(4096, &frequencies)),
        precision,
    };
    AttentionPlan::new(metadata, Default::default())
}

fn random<B: Kernels>(rows: usize, columns: usize) -> Tensor<B, 2> {
    Tensor::random([rows, columns], Distribution::Default, &Default::default())
}

/// A prompt of `tokens` tokens and four completions of 32 tokens each.
fn row(tokens: usize) -> Layout {
    let mut layout = Layout::default();
    let completions = [&[0; 32][..]; 4];
    layout.push_row(&vec![0; tokens], completions.into_iter());
    layout
}

fn attend(criterion: &mut Criterion) {
    let float32 = Precision::Float32;
    attend_of(criterion, "attend", HEADS, None, float32, [128, 1024]);
    attend_of(
        criterion,
        "attend_bfloat16",
        HEADS,
        None,
        Precision::BFloat16,
        [128, 1024],
    );
    attend_of(
        criterion,
        "attend_gemma3",
        GEMMA3,
        None,
        float32,
        [1024, 2048],
    );
    attend_of(
        criterion,
        "attend_gemma3_window",
        GEMMA3,
        Some(WINDOW),
        float32,
        [1024, 2048],
    );
}

fn attend_of(
    criterion: &mut Criterion,
    name: &str,
    heads: Heads,
    window: Option<usize>,
    precision: Precision,
    lengths: [usize; 2],
) {
    let mut group = criterion.benchmark_group(name);
    for tokens in lengths {
        let layout = row(tokens);
        let count = layout.tokens.len();
        group.throughput(Throughput::Elements(count as u64));
        let qkv = random::<Flex>(count, heads.columns());
        let forward = plan::<Flex>(layout.clone(), heads, window, precision);
        group.bench_function(BenchmarkId::new("forward", tokens), |bencher| {
            bencher.iter(|| Flex::attend(qkv.clone(), &forward));
        });
        let backward = plan::<Tracked>(layout, heads, window, precision);
        let qkv = Tensor::<Tracked, 2>::from_inner(qkv).require_grad();
        group.bench_function(BenchmarkId::new("backward", tokens), |bencher| {
            bencher.iter(|| Tracked::attend(qkv.clone(), &backward).sum().backward());
        });
    }
    group.finish();
}

/// One new token for each sequence, after 512 cached tokens.
fn attend_cached(criterion: &mut Criterion) {
    const CACHED: usize = 512;
    let mut group = criterion.benchmark_group("attend_cached");
    for sequences in [1, 16, 64] {
        let mut layout = Layout::default();
        for sequence in 0..sequences {
            let start = sequence * (CACHED + 1);
            layout.push_cached(&[0], std::iter::once(start..start + CACHED + 1));
        }
        let plan = plan::<Flex>(layout, HEADS, None, Precision::Float32);
        let qkv = random::<Flex>(sequences, HEADS.columns());
        let slots = sequences * (CACHED + 1);
        let mut cache = Some(random::<Flex>(slots, 2 * HEADS.keys * HEADS.width));
        group.throughput(Throughput::Elements(sequences as u64));
        group.bench_function(BenchmarkId::from_parameter(sequences), |bencher| {
            bencher.iter(|| {
                // The cache is written in place only if this is its only handle.
                let (attended, written) = match cache.take() {
                    Some(cache) => Flex::attend_cached(qkv.clone(), cache, &plan),
                    None => unreachable!("every pass returns the cache"),
                };
                cache = Some(written);
                attended
            });
        });
    }
    group.finish();
}

criterion_group!(benches, attend, attend_cached);
criterion_main!(benches);
