//! The kernels in plain tensor operations, for any backend; what the fused ones
//! are tested against.

use burn::tensor::backend::Backend;
use burn::tensor::{Bool, IndexingUpdateOp, Int, Tensor, TensorData, activation};

use super::{Choice, Heads, Plan, Sight, indices};

pub(super) fn rms_norm<B: Backend>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 1>,
    epsilon: f32,
) -> Tensor<B, 2> {
    let mean_square = x.clone().powi_scalar(2).mean_dim(1);
    x / mean_square.add_scalar(epsilon).sqrt() * weight.unsqueeze()
}

pub(super) fn swiglu<B: Backend>(gate_up: Tensor<B, 2>) -> Tensor<B, 2> {
    let [_, columns] = gate_up.dims();
    let gate = gate_up.clone().narrow(1, 0, columns / 2);
    let up = gate_up.narrow(1, columns / 2, columns / 2);
    activation::silu(gate) * up
}

pub(super) fn attend<B: Backend>(qkv: Tensor<B, 2>, plan: &Plan<B>) -> Tensor<B, 2> {
    let (queries, keys, values) = rotated(qkv, plan);
    visible_mean(queries, keys, values, plan)
}

pub(super) fn attend_cached<B: Backend>(
    qkv: Tensor<B, 2>,
    cache: Tensor<B, 2>,
    plan: &Plan<B>,
) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let heads = plan.sight.heads;
    let (queries, keys, values) = rotated(qkv, plan);
    let [tokens, ..] = keys.dims();
    let width = heads.keys * heads.width;
    let new = Tensor::cat(
        vec![
            keys.reshape([tokens, width]),
            values.reshape([tokens, width]),
        ],
        1,
    );
    let slots = indices::<B>(plan.layout().slots.iter().copied(), &plan.device);
    let cache = cache.select_assign(0, slots, new, IndexingUpdateOp::Add);
    let [count, _] = cache.dims();
    let by_head = |part: usize| {
        cache
            .clone()
            .narrow(1, part * width, width)
            .reshape([count, heads.keys, heads.width])
    };
    let attended = visible_mean(queries, by_head(0), by_head(1), plan);
    (attended, cache)
}

/// Log-softmax over each choice's set: what is outside is masked.
pub(super) fn choose<B: Backend>(
    logits: Tensor<B, 2>,
    choices: &[Choice],
    temperature: f32,
) -> (Tensor<B, 1>, Tensor<B, 1>) {
    let device = logits.device();
    let [count, vocabulary] = logits.dims();
    let mut outside = vec![false; count * vocabulary];
    for (row, choice) in choices.iter().enumerate() {
        if let Some(among) = &choice.among {
            let row = &mut outside[row * vocabulary..(row + 1) * vocabulary];
            row.fill(true);
            for token in among.iter() {
                row[*token as usize] = false;
            }
        }
    }
    let outside =
        Tensor::<B, 2, Bool>::from_data(TensorData::new(outside, [count, vocabulary]), &device);
    let masked = logits.div_scalar(temperature).mask_fill(outside, f32::MIN);
    let logprobs = activation::log_softmax(masked, 1);
    let chosen: Tensor<B, 2, Int> =
        indices::<B>(choices.iter().map(|choice| choice.token as usize), &device).unsqueeze_dim(1);
    let finite = logprobs.clone().clamp_min(-1e30);
    let entropies = (logprobs.clone().exp() * finite).sum_dim(1).neg();
    (
        logprobs.gather(1, chosen).reshape([count]),
        entropies.reshape([count]),
    )
}

/// What a pass's sight becomes on a device.
#[derive(Debug)]
pub(super) struct Sighted<B: Backend> {
    /// [tokens, 1, width].
    cos: Tensor<B, 3>,
    sin: Tensor<B, 3>,
    /// Token of each padded query, [segments * longest].
    queries: Tensor<B, 1, Int>,
    /// Key of each padded key, [segments * most keys].
    keys: Tensor<B, 1, Int>,
    /// Padded query of each token, [tokens].
    back: Tensor<B, 1, Int>,
    /// True where a query does not see a key, [segments, 1, longest, most keys].
    hidden: Tensor<B, 4, Bool>,
}

impl<B: Backend> Sighted<B> {
    fn new(sight: &Sight, device: &B::Device) -> Self {
        let segments = &sight.layout.segments;
        let longest = segments.iter().map(|s| s.queries.len()).max().unwrap_or(0);
        let most = segments.iter().map(|s| s.keys()).max().unwrap_or(0);
        let mut queries = Vec::with_capacity(segments.len() * longest);
        let mut keys = Vec::with_capacity(segments.len() * most);
        let mut back = Vec::with_capacity(sight.layout.tokens.len());
        let mut hidden = Vec::with_capacity(segments.len() * longest * most);
        for (index, segment) in segments.iter().enumerate() {
            back.extend((0..segment.queries.len()).map(|j| index * longest + j));
            // What pads sees the first key and is never read.
            for j in 0..longest {
                let real = j < segment.queries.len();
                queries.push(if real { segment.queries.start + j } else { 0 });
                let visible = if real { segment.visible(j) } else { 1 };
                hidden.extend((0..most).map(|key| key >= visible));
            }
            keys.extend(segment.prefix.clone().chain(segment.own.clone()));
            keys.resize((index + 1) * most, 0);
        }
        let table = |values: Vec<f32>| {
            let shape = [sight.layout.tokens.len(), 1, sight.heads.width];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        Self {
            cos: table(sight.rope.doubled(&sight.layout.positions, false)),
            sin: table(sight.rope.doubled(&sight.layout.positions, true)),
            queries: indices::<B>(queries.into_iter(), device),
            keys: indices::<B>(keys.into_iter(), device),
            back: indices::<B>(back.into_iter(), device),
            hidden: Tensor::from_data(
                TensorData::new(hidden, [segments.len(), 1, longest, most]),
                device,
            ),
        }
    }
}

fn sighted<B: Backend>(plan: &Plan<B>) -> &Sighted<B> {
    plan.composed
        .get_or_init(|| Sighted::new(&plan.sight, &plan.device))
}

/// Queries, keys and values, each [tokens, heads, width], the first two turned
/// by their positions.
fn rotated<B: Backend>(
    qkv: Tensor<B, 2>,
    plan: &Plan<B>,
) -> (Tensor<B, 3>, Tensor<B, 3>, Tensor<B, 3>) {
    let Heads {
        queries,
        keys,
        width,
    } = plan.sight.heads;
    let [tokens, _] = qkv.dims();
    let part = |start: usize, heads: usize| {
        qkv.clone()
            .narrow(1, start * width, heads * width)
            .reshape([tokens, heads, width])
    };
    let turn = |x: Tensor<B, 3>| {
        let sighted = sighted(plan);
        let first = x.clone().narrow(2, 0, width / 2);
        let second = x.clone().narrow(2, width / 2, width / 2);
        x * sighted.cos.clone() + Tensor::cat(vec![second.neg(), first], 2) * sighted.sin.clone()
    };
    (
        turn(part(0, queries)),
        turn(part(queries, keys)),
        part(queries + keys, keys),
    )
}

/// Attention of padded segments; [tokens, query heads * width].
fn visible_mean<B: Backend>(
    queries: Tensor<B, 3>,
    keys: Tensor<B, 3>,
    values: Tensor<B, 3>,
    plan: &Plan<B>,
) -> Tensor<B, 2> {
    let Heads {
        queries: heads,
        keys: kv_heads,
        width,
    } = plan.sight.heads;
    let sighted = sighted(plan);
    let [segments, _, longest, most] = sighted.hidden.dims();
    let shared = heads / kv_heads;
    let padded = |x: Tensor<B, 3>, index: &Tensor<B, 1, Int>, length: usize, heads: usize| {
        x.select(0, index.clone())
            .reshape([segments, length, heads, width])
            .swap_dims(1, 2)
    };
    let queries = padded(queries, &sighted.queries, longest, heads).reshape([
        segments,
        kv_heads,
        shared * longest,
        width,
    ]);
    let keys = padded(keys, &sighted.keys, most, kv_heads);
    let values = padded(values, &sighted.keys, most, kv_heads);
    let scores = queries
        .matmul(keys.swap_dims(2, 3))
        .mul_scalar(1.0 / (width as f32).sqrt())
        .reshape([segments, heads, longest, most])
        .mask_fill(
            sighted
                .hidden
                .clone()
                .expand([segments, heads, longest, most]),
            f32::MIN,
        );
    let weights =
        activation::softmax(scores, 3).reshape([segments, kv_heads, shared * longest, most]);
    weights
        .matmul(values)
        .reshape([segments, heads, longest, width])
        .swap_dims(1, 2)
        .reshape([segments * longest, heads * width])
        .select(0, sighted.back.clone())
}
