//! Speed of decoding on the CPU with 1, 16 and 64 requests side by side:
//!
//! ```sh
//! cargo bench -p memloom-engine --bench scheduler
//! ```

use std::sync::Arc;

use burn_flex::Flex;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use memloom_engine::generation::{Request, generate};
use memloom_engine::model::{Backbone, BackboneConfig};

const PROMPT_TOKENS: u32 = 64;
const MAX_TOKENS: usize = 32;

fn requests(count: usize) -> Vec<Request> {
    let request = |seed: usize| Request {
        role: "assistant".into(),
        // The prompts share no prefix.
        prompt: (0..PROMPT_TOKENS)
            .map(|token| (token + seed as u32) % 1000)
            .collect(),
        grammar: None,
        ends: Arc::default(),
        max_tokens: MAX_TOKENS,
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        stop: None,
        seed: seed as u64,
    };
    (0..count).map(request).collect()
}

fn decode(criterion: &mut Criterion) {
    let config = BackboneConfig {
        vocab_size: 1024,
        hidden_size: 128,
        layers: 4,
        head_dim: 32,
        intermediate_size: 384,
        context: 256,
        ..BackboneConfig::tiny()
    };
    let model = Backbone::<Flex>::random(&config, 1, &Default::default());
    let model = model.expect("the shape is valid");
    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10);
    for rows in [1, 16, 64] {
        let requests = requests(rows);
        group.throughput(Throughput::Elements((rows * MAX_TOKENS) as u64));
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            bencher.iter(|| generate(&model, &requests));
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
