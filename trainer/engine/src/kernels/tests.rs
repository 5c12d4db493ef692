//! The fused kernels against the reference: values and gradients.

use std::sync::Arc;

use burn::tensor::{Bool, Tensor, TensorData, activation};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::device::tested::{Plain, Tracked};

const FLOAT32: Precision = Precision::Float32;

fn random(source: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    let mut next = || f64::from(source.next_u32()) / f64::from(u32::MAX) * 4.0 - 2.0;
    (0..count).map(|_| next() as f32).collect()
}

fn tensor<const D: usize>(source: &mut ChaCha8Rng, shape: [usize; D]) -> Tensor<Tracked, D> {
    let values = random(source, shape.iter().product());
    Tensor::from_data(TensorData::new(values, shape), &Default::default()).require_grad()
}

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (index, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(
            (a - b).abs() < 2e-5 * (1.0 + a.abs()),
            "{what}, element {index}: {a} and {b}"
        );
    }
}

/// Compares the outputs of two computations, and the gradients of `inputs` under a random linear
/// loss.
fn compare<const D: usize>(
    what: &str,
    inputs: &[&Tensor<Tracked, 2>],
    fused: Tensor<Tracked, D>,
    plain: Tensor<Tracked, D>,
) {
    let shape: [usize; D] = plain.dims();
    let weights = tensor(&mut ChaCha8Rng::seed_from_u64(9), shape).detach();
    assert_close(&floats(fused.clone()), &floats(plain.clone()), what);
    let gradients = |output: Tensor<Tracked, D>| {
        let gradients = (output * weights.clone()).sum().backward();
        let of = |input: &&Tensor<Tracked, 2>| input.grad(&gradients).expect("a gradient");
        inputs.iter().map(of).map(floats).collect::<Vec<_>>()
    };
    for (fused, plain) in gradients(fused).iter().zip(gradients(plain)) {
        assert_close(fused, &plain, &format!("gradient of {what}"));
    }
}

#[test]
fn fused_rms_norm_matches_the_reference() {
    let source = &mut ChaCha8Rng::seed_from_u64(1);
    for (rows, width) in [(1, 8), (200, 48)] {
        let x = tensor(source, [rows, width]);
        let weight = tensor(source, [1, width]);
        let flat = || weight.clone().reshape([width]);
        compare(
            "the norm",
            &[&x, &weight],
            Tracked::rms_norm(x.clone(), flat(), 1e-3),
            reference::rms_norm(x.clone(), flat(), 1e-3),
        );
    }
}

#[test]
fn fused_gates_match_the_reference() {
    let source = &mut ChaCha8Rng::seed_from_u64(2);
    for activation in [Activation::Silu, Activation::GeluTanh] {
        for (rows, width) in [(1, 8), (100, 40)] {
            let x = tensor(source, [rows, 2 * width]);
            let fused = Tracked::gate(activation, x.clone());
            let plain = reference::gate(activation, x.clone());
            compare(&format!("{activation:?}"), &[&x], fused, plain);
        }
    }
}

#[test]
fn gates_of_large_inputs_are_their_limits() {
    let of = |gate: f32| Tensor::<Tracked, 2>::from_floats([[gate, 3.0]], &Default::default());
    for activation in [Activation::Silu, Activation::GeluTanh] {
        for (gate, expected) in [(-1e4, [0.0, 0.0, 0.0]), (1e4, [3e4, 3.0, 1e4])] {
            let x = of(gate).require_grad();
            let y = Tracked::gate(activation, x.clone());
            let gradients = y.clone().sum().backward();
            let gradient = floats(x.grad(&gradients).expect("a gradient"));
            assert_close(&[floats(y), gradient].concat(), &expected, "a limit");
        }
    }
}

fn metadata(layout: Layout, heads: Heads, window: Option<usize>) -> AttentionMetadata {
    let pair = |pair: usize| 100f64.powf(-2.0 * pair as f64 / heads.width as f64);
    let frequencies: Vec<f64> = (0..heads.width / 2).map(pair).collect();
    AttentionMetadata {
        layout: Arc::new(layout),
        heads,
        window,
        scale: 1.5 / (heads.width as f32).sqrt(),
        rope: Arc::new(Rope::new(2048, &frequencies)),
        precision: Precision::Float32,
    }
}

fn all_heads() -> impl Iterator<Item = Heads> {
    [(2, 1, 8), (4, 4, 16), (4, 2, 32), (1, 1, 64), (2, 1, 256)]
        .into_iter()
        .map(|(queries, keys, width)| Heads {
            queries,
            keys,
            width,
        })
}

/// Attention with a score for every pair of tokens.
fn naive_attention(qkv: Tensor<Tracked, 2>, plan: &AttentionPlan<Tracked>) -> Tensor<Tracked, 2> {
    let Heads {
        queries: heads,
        keys: kv_heads,
        width,
    } = plan.metadata.heads;
    let [tokens, _] = qkv.dims();
    let mut hidden = vec![true; tokens * tokens];
    for segment in &plan.layout().segments {
        let seen: Vec<usize> = plan.layout().keys(segment).collect();
        for (j, query) in segment.queries.clone().enumerate() {
            let end = segment.visible(j);
            let start = end.saturating_sub(plan.metadata.window.unwrap_or(end));
            for key in &seen[start..end] {
                hidden[query * tokens + key] = false;
            }
        }
    }
    let hidden = TensorData::new(hidden, [1, tokens, tokens]);
    let hidden = Tensor::<Tracked, 3, Bool>::from_data(hidden, &Default::default());
    let (queries, keys, values) = attention::chunked::rotated(qkv, plan);
    let shared = heads / kv_heads;
    let repeated = |x: Tensor<Tracked, 3>| {
        x.reshape([tokens, kv_heads, 1, width])
            .expand([tokens, kv_heads, shared, width])
            .reshape([tokens, heads, width])
            .swap_dims(0, 1)
    };
    let scores = queries
        .swap_dims(0, 1)
        .matmul(repeated(keys).swap_dims(1, 2))
        .mul_scalar(plan.metadata.scale)
        .mask_fill(hidden.expand([heads, tokens, tokens]), f32::MIN);
    activation::softmax(scores, 2)
        .matmul(repeated(values))
        .swap_dims(0, 1)
        .reshape([tokens, heads * width])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn attention_in_blocks_matches_naive_attention(
        rows in proptest::collection::vec(
            (1usize..900, proptest::collection::vec(0usize..200, 0..4)),
            1..3,
        ),
        heads in 0usize..5,
        window in proptest::option::of(1usize..1000),
        seed: u64,
    ) {
        let heads = all_heads().nth(heads).expect("five of them");
        let mut layout = Layout::default();
        for (prompt, completions) in &rows {
            let completions: Vec<Vec<u32>> = completions.iter().map(|n| vec![0; *n]).collect();
            layout.push_row(&vec![0; *prompt], completions.iter().map(Vec::as_slice));
        }
        let qkv = tensor(&mut ChaCha8Rng::seed_from_u64(seed), [layout.tokens.len(), heads.columns()]);
        let plan = AttentionPlan::new(metadata(layout, heads, window), Default::default());
        let naive = |qkv: &Tensor<Tracked, 2>| naive_attention(qkv.clone(), &plan);
        compare("fused", &[&qkv], Tracked::attend(qkv.clone(), &plan), naive(&qkv));
        // A leaf of its own: burn forgets a leaf after its backward pass, and then the backward
        // pass of another test's thread can free this one's graph.
        let qkv = Tensor::from_inner(qkv.inner()).require_grad();
        compare("chunked", &[&qkv], attention::chunked::attend_autodiff::<Plain>(qkv.clone(), &plan), naive(&qkv));
    }
}

#[test]
fn attention_in_bfloat16_is_near_attention_in_32_bits() {
    let near = |a: Vec<f32>, b: Vec<f32>, most: f32, what: &str| {
        let largest = b.iter().fold(0.0f32, |most, b| most.max(b.abs()));
        for (a, b) in a.iter().zip(&b) {
            assert!(
                (a - b).abs() < most * largest,
                "{what}: {a} and {b} of {largest}"
            );
        }
    };
    for (queries, keys, width, window) in [
        (6, 2, 32, None),
        (9, 3, 64, None),
        (9, 3, 64, Some(50)),
        (2, 1, 256, Some(600)),
    ] {
        let heads = Heads {
            queries,
            keys,
            width,
        };
        let mut layout = Layout::default();
        layout.push_row(&[0; 600], [&[0; 70][..], &[0; 1], &[0; 33]].into_iter());
        layout.push_row(&[0; 5], [&[0; 3][..]].into_iter());
        let count = layout.tokens.len();
        let values = random(&mut ChaCha8Rng::seed_from_u64(3), count * heads.columns());
        let weights = tensor(&mut ChaCha8Rng::seed_from_u64(4), [count, queries * width]).detach();
        let [exact, rounded] = [Precision::Float32, Precision::BFloat16].map(|precision| {
            let metadata = AttentionMetadata {
                precision,
                ..metadata(layout.clone(), heads, window)
            };
            let plan = AttentionPlan::new(metadata, Default::default());
            let data = TensorData::new(values.clone(), [count, heads.columns()]);
            let qkv = Tensor::<Tracked, 2>::from_data(data, &Default::default()).require_grad();
            let attended = Tracked::attend(qkv.clone(), &plan);
            let gradients = (attended.clone() * weights.clone()).sum().backward();
            (
                floats(attended),
                floats(qkv.grad(&gradients).expect("a gradient")),
            )
        });
        assert_ne!(rounded.0, exact.0);
        near(rounded.0, exact.0, 0.01, "attention");
        near(rounded.1, exact.1, 0.02, "its gradient");
    }
}

#[test]
fn attention_through_a_cache_matches_attention_without() {
    let source = &mut ChaCha8Rng::seed_from_u64(4);
    let windows = [None, Some(1), Some(7), Some(30), Some(43)];
    let heads = all_heads().flat_map(|heads| windows.map(|window| (heads, window)));
    for (heads, window) in heads {
        let mut whole = Layout::default();
        whole.push_row(&[0; 40], [&[0; 6][..], &[0; 4]].into_iter());
        let qkv = tensor(source, [50, heads.columns()]).inner();
        let plan = AttentionPlan::new(metadata(whole, heads, window), Default::default());
        let expected = floats(Plain::attend(qkv.clone(), &plan));

        // The prompt with its first completion, in scattered slots; then completions in blocks of
        // different lengths.
        let prompt = || [3..19, 40..56, 56..62, 20..22].into_iter();
        let mut begun = Layout::default();
        begun.push_cached(&[0; 40], prompt());
        begun.push_cached(&[0; 5], prompt().chain([64..68, 80..81]));
        let mut joined = Layout::default();
        joined.push_cached(&[0; 1], prompt().chain(Some(90..91)));
        joined.push_cached(&[0; 1], prompt().chain([64..68, 80..82]));
        let mut ended = Layout::default();
        ended.push_cached(&[0; 3], prompt().chain([90..92, 70..72]));
        let rows: [Vec<usize>; 3] = [(0..45).collect(), vec![46, 45], (47..50).collect()];
        let slots = [100, 2 * heads.keys * heads.width];
        // Earlier contents of slots are overwritten.
        let mut fused_cache = Tensor::full(slots, 7.0, &Default::default());
        let mut plain_cache = fused_cache.clone();
        for (layout, rows) in [begun, joined, ended].into_iter().zip(rows) {
            let plan = AttentionPlan::new(metadata(layout, heads, window), Default::default());
            let at = indices::<Plain>(rows.iter().copied(), &Default::default());
            let part = qkv.clone().select(0, at);
            let (fused, plain);
            (fused, fused_cache) = Plain::attend_cached(part.clone(), fused_cache, &plan);
            (plain, plain_cache) = attention::chunked::attend_cached(part, plain_cache, &plan);
            let (fused, plain) = (floats(fused), floats(plain));
            let width = heads.queries * heads.width;
            for (at, row) in rows.into_iter().enumerate() {
                let expected = &expected[row * width..(row + 1) * width];
                assert_close(&fused[at * width..(at + 1) * width], expected, "fused");
                assert_close(&plain[at * width..(at + 1) * width], expected, "plain");
            }
        }
        assert_close(&floats(fused_cache), &floats(plain_cache), "the cache");
    }
}

/// Log-softmax of all logits at once, masked outside a choice's set.
fn naive_choices(
    hidden: Tensor<Tracked, 2>,
    weight: Tensor<Tracked, 2>,
    choices: &[Choice],
    temperature: f32,
) -> (Tensor<Tracked, 1>, Tensor<Tracked, 1>) {
    let device = Default::default();
    let (count, vocabulary) = (choices.len(), weight.dims()[0]);
    let mut outside = vec![false; count * vocabulary];
    for (row, choice) in choices.iter().enumerate() {
        if let Some(allowed) = &choice.allowed {
            for word in 0..vocabulary {
                outside[row * vocabulary + word] = !allowed.contains(&(word as u32));
            }
        }
    }
    let outside = TensorData::new(outside, [count, vocabulary]);
    let outside = Tensor::<Tracked, 2, Bool>::from_data(outside, &device);
    let logits = hidden.matmul(weight.transpose()).div_scalar(temperature);
    let logprobs = activation::log_softmax(logits.mask_fill(outside, f32::MIN), 1);
    let chosen = indices::<Tracked>(choices.iter().map(|choice| choice.token as usize), &device);
    let finite = logprobs.clone().clamp_min(-1e30);
    let entropies = (logprobs.clone().exp() * finite).sum_dim(1).neg();
    let logprobs = logprobs.gather(1, chosen.unsqueeze_dim(1));
    (logprobs.reshape([count]), entropies.reshape([count]))
}

/// Choices among all tokens, among few, and among most.
fn some_choices(source: &mut ChaCha8Rng, count: usize, vocabulary: u32) -> Vec<Choice> {
    let choice = |_| {
        let token = source.next_u32() % vocabulary;
        let allowed = match source.next_u32() % 4 {
            0 => None,
            1 => Some(
                (0..vocabulary)
                    .filter(|word| *word == token || word % 3 > 0)
                    .collect(),
            ),
            _ => {
                let others = (0..3).map(|n| n * vocabulary / 40);
                let set: std::collections::BTreeSet<u32> = others.chain([token]).collect();
                Some(set.into_iter().collect())
            }
        };
        Choice { token, allowed }
    };
    (0..count).map(choice).collect()
}

/// Compares log-probabilities and entropies with the naive ones.
fn compare_choices(seed: u64, count: usize, vocabulary: usize, temperature: f32) {
    let source = &mut ChaCha8Rng::seed_from_u64(seed);
    let choices = some_choices(source, count, vocabulary as u32);
    let (hidden, weight) = (tensor(source, [count, 6]), tensor(source, [vocabulary, 6]));
    // Larger logits would lose more to rounding.
    let small = || hidden.clone() * 0.25;
    let fused = || Tracked::score_choices(small(), weight.clone(), &choices, temperature, FLOAT32);
    let naive = || naive_choices(small(), weight.clone(), &choices, temperature);
    let inputs = [&hidden, &weight];
    compare("log-probabilities", &inputs, fused().0, naive().0);
    compare("entropies", &inputs, fused().1, naive().1);
    let both = |(logprobs, entropies): (Tensor<Tracked, 1>, Tensor<Tracked, 1>)| {
        logprobs + entropies * 3.0
    };
    compare("both", &inputs, both(fused()), both(naive()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn choices_are_those_of_all_logits(
        seed: u64,
        count in 1usize..60,
        vocabulary in 41usize..300,
        warm: bool,
    ) {
        compare_choices(seed, count, vocabulary, if warm { 1.0 } else { 0.5 });
    }
}

#[test]
fn choices_over_several_blocks_are_those_of_all_logits() {
    compare_choices(5, 4000, 5000, 0.7);
}

#[test]
fn a_frozen_lm_head_gets_no_gradient() {
    let source = &mut ChaCha8Rng::seed_from_u64(8);
    let choices = some_choices(source, 9, 50);
    let hidden = tensor(source, [9, 6]);
    let weight = Tensor::from_inner(tensor(source, [50, 6]).inner());
    let loss = |(logprobs, entropies): (Tensor<Tracked, 1>, Tensor<Tracked, 1>)| {
        let gradients = (logprobs + entropies).sum().backward();
        assert!(weight.grad(&gradients).is_none());
        floats(hidden.grad(&gradients).expect("a gradient"))
    };
    let fused = loss(Tracked::score_choices(
        hidden.clone(),
        weight.clone(),
        &choices,
        1.0,
        FLOAT32,
    ));
    let naive = loss(naive_choices(hidden.clone(), weight.clone(), &choices, 1.0));
    assert_close(&fused, &naive, "gradient of hidden");
}

#[test]
fn fused_softmax_blocks_match_the_reference() {
    let source = &mut ChaCha8Rng::seed_from_u64(5);
    let choices = some_choices(source, 80, 90);
    let vector = |source: &mut ChaCha8Rng| tensor(source, [80]).inner();
    let slope = SoftmaxGradient {
        log_sums: vector(source) + 3.0,
        constant: vector(source),
        linear: vector(source),
        chosen: vector(source),
    };
    for block in [0..90, 0..40, 40..41, 41..90] {
        let logits: Tensor<Plain, 2> = tensor(source, [80, block.len()]).inner();
        let parts = |partial: SoftmaxBlock<Plain>| {
            let SoftmaxBlock {
                maxima,
                sums,
                weighted_sums,
                chosen,
            } = partial;
            floats(Tensor::cat(vec![maxima, sums, weighted_sums, chosen], 0))
        };
        assert_close(
            &parts(Plain::softmax_block(
                logits.clone(),
                &choices,
                block.clone(),
                0.7,
            )),
            &parts(reference::softmax_block(
                logits.clone(),
                &choices,
                block.clone(),
                0.7,
            )),
            "what a block holds",
        );
        assert_close(
            &floats(Plain::logit_gradients(
                logits.clone(),
                &choices,
                block.clone(),
                0.7,
                &slope,
            )),
            &floats(reference::logit_gradients(
                logits, &choices, block, 0.7, &slope,
            )),
            "the gradient of a block",
        );
    }
}

#[test]
fn the_gradient_of_embedded_tokens_is_added_up_by_word() {
    let source = &mut ChaCha8Rng::seed_from_u64(10);
    let weight = tensor(source, [20, 6]);
    let tokens = || indices::<Tracked>([3, 7, 3, 0, 19].into_iter(), &Default::default());
    let plain = || weight.clone().select(0, tokens());
    let fused = || Tracked::embed(weight.clone(), tokens());
    compare("rows", &[&weight], fused(), plain());
    // The LM head shares the matrix, and its gradient is computed first.
    let headed = |rows: Tensor<Tracked, 2>| rows.matmul(weight.clone().transpose());
    compare(
        "rows and a head",
        &[&weight],
        headed(fused()),
        headed(plain()),
    );
}

#[test]
fn kernels_give_the_same_bytes_again() {
    let source = &mut ChaCha8Rng::seed_from_u64(6);
    let heads = Heads {
        queries: 4,
        keys: 2,
        width: 32,
    };
    let mut layout = Layout::default();
    for length in 0..40 {
        layout.push_row(&vec![0; 20 + length], [&[0; 7][..]].into_iter());
    }
    let tokens = layout.tokens.len();
    let qkv = tensor(source, [tokens, heads.columns()]);
    let plan = AttentionPlan::new(metadata(layout, heads, Some(9)), Default::default());
    let weight = tensor(source, [1, heads.columns()]);
    let run = || {
        let normed =
            Tracked::rms_norm(qkv.clone(), weight.clone().reshape([heads.columns()]), 1e-6);
        let loss = Tracked::gate(Activation::GeluTanh, Tracked::attend(normed, &plan)).sum();
        let gradients = loss.backward();
        let bits = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let of = |x: &Tensor<Tracked, 2>| bits(floats(x.grad(&gradients).expect("a gradient")));
        (of(&qkv), of(&weight))
    };
    let first = run();
    for _ in 0..3 {
        assert!(run() == first);
    }
}
