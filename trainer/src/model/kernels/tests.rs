//! The fused kernels against the plain ones, values and gradients.

use burn::backend::Autodiff;
use burn_flex::Flex;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;

type Tracked = Autodiff<Flex>;

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

/// Compares an output of two computations and the gradients of `inputs` under a
/// random linear loss.
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
fn the_fused_norm_is_the_plain_norm() {
    let source = &mut ChaCha8Rng::seed_from_u64(1);
    for (rows, width) in [(1, 8), (200, 48)] {
        let x = tensor(source, [rows, width]);
        let weight = tensor(source, [1, width]);
        let flat = || weight.clone().reshape([width]);
        compare(
            "the norm",
            &[&x, &weight],
            Tracked::rms_norm(x.clone(), flat(), 1e-3),
            composed::rms_norm(x.clone(), flat(), 1e-3),
        );
    }
}

#[test]
fn the_fused_gate_is_the_plain_gate() {
    let source = &mut ChaCha8Rng::seed_from_u64(2);
    for (rows, width) in [(1, 8), (100, 40)] {
        let x = tensor(source, [rows, 2 * width]);
        let fused = Tracked::swiglu(x.clone());
        compare("the gate", &[&x], fused, composed::swiglu(x.clone()));
    }
}

fn sight(layout: Layout, heads: Heads) -> Sight {
    let pair = |pair: usize| 100f64.powf(-2.0 * pair as f64 / heads.width as f64);
    let frequencies: Vec<f64> = (0..heads.width / 2).map(pair).collect();
    Sight {
        layout,
        heads,
        rope: Arc::new(Rope::new(128, &frequencies)),
    }
}

fn all_heads() -> impl Iterator<Item = Heads> {
    [(2, 1, 8), (4, 4, 16), (4, 2, 32), (1, 1, 64)]
        .into_iter()
        .map(|(queries, keys, width)| Heads {
            queries,
            keys,
            width,
        })
}

#[test]
fn fused_attention_is_plain_attention() {
    let source = &mut ChaCha8Rng::seed_from_u64(3);
    for heads in all_heads() {
        let mut layout = Layout::default();
        layout.push_row(&[0; 37], [&[0; 5][..], &[], &[0; 1], &[0; 9]].into_iter());
        layout.push_row(&[0; 1], [&[0; 2][..]].into_iter());
        layout.push_row(&[0; 70], std::iter::empty());
        let qkv = tensor(source, [layout.tokens.len(), heads.columns()]);
        let plan = Plan::new(sight(layout, heads), Default::default());
        let fused = Tracked::attend(qkv.clone(), &plan);
        let plain = composed::attend(qkv.clone(), &plan);
        compare("attention", &[&qkv], fused, plain);
    }
}

#[test]
fn attention_through_a_cache_is_attention() {
    let source = &mut ChaCha8Rng::seed_from_u64(4);
    for heads in all_heads() {
        let mut whole = Layout::default();
        whole.push_row(&[0; 40], [&[0; 6][..], &[0; 4]].into_iter());
        let qkv = tensor(source, [50, heads.columns()]).inner();
        let plan = Plan::new(sight(whole, heads), Default::default());
        let expected = floats(Flex::attend(qkv.clone(), &plan));

        // The prompt, then the completions in blocks of different lengths.
        let mut prompt = Layout::default();
        prompt.push_cached(&[0; 40], 0..0, 3..43);
        let mut begun = Layout::default();
        begun.push_cached(&[0; 5], 3..43, 50..55);
        begun.push_cached(&[0; 1], 3..43, 60..61);
        let mut ended = Layout::default();
        ended.push_cached(&[0; 1], 3..43, 50..56);
        ended.push_cached(&[0; 3], 3..43, 60..64);
        let rows: [Vec<usize>; 3] = [
            (0..40).collect(),
            (40..45).chain(46..47).collect(),
            (45..46).chain(47..50).collect(),
        ];
        let slots = [70, 2 * heads.keys * heads.width];
        let mut fused_cache = Tensor::zeros(slots, &Default::default());
        let mut plain_cache = fused_cache.clone();
        for (layout, rows) in [prompt, begun, ended].into_iter().zip(rows) {
            let plan = Plan::new(sight(layout, heads), Default::default());
            let at = indices::<Flex>(rows.iter().copied(), &Default::default());
            let part = qkv.clone().select(0, at);
            let (fused, plain);
            (fused, fused_cache) = Flex::attend_cached(part.clone(), fused_cache, &plan);
            (plain, plain_cache) = composed::attend_cached(part, plain_cache, &plan);
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

#[test]
fn fused_choices_are_plain_choices() {
    let source = &mut ChaCha8Rng::seed_from_u64(5);
    let logits = tensor(source, [80, 50]);
    let choices: Arc<[Choice]> = (0..80)
        .map(|row| match row % 3 {
            0 => Choice {
                token: row % 50,
                among: None,
            },
            1 => Choice {
                token: 7,
                among: Some([3, 7].into()),
            },
            _ => Choice {
                token: row / 2,
                among: Some((row / 4..50).collect()),
            },
        })
        .collect();
    for temperature in [1.0, 0.5] {
        let fused = || Tracked::choose(logits.clone(), choices.clone(), temperature);
        let plain = || composed::choose(logits.clone(), &choices, temperature);
        compare("log-probabilities", &[&logits], fused().0, plain().0);
        compare("entropies", &[&logits], fused().1, plain().1);
        let both = |(logprobs, entropies): (Tensor<Tracked, 1>, Tensor<Tracked, 1>)| {
            logprobs + entropies * 3.0
        };
        compare("both", &[&logits], both(fused()), both(plain()));
    }
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
    let plan = Plan::new(sight(layout, heads), Default::default());
    let weight = tensor(source, [1, heads.columns()]);
    let run = || {
        let normed =
            Tracked::rms_norm(qkv.clone(), weight.clone().reshape([heads.columns()]), 1e-6);
        let loss = Tracked::swiglu(Tracked::attend(normed, &plan)).sum();
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
