//! Attention in plain tensor operations, for any backend: a chunk of padded segments
//! at a time, so that memory grows with the length and not with its square.

use std::ops::Range;

use burn::backend::Autodiff;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Bool, IndexingUpdateOp, Int, Tensor, TensorData, activation};

use crate::kernels::custom_op::{Known, differentiable, tracked, values, whole};
use crate::kernels::{Heads, Kernels, Plan, Sight, indices};

/// Most queries of a segment in a chunk.
const QUERIES: usize = 128;

/// Scores of a head in a chunk: 4 MiB, or one piece of a segment if that is more.
const SCORES: usize = 1 << 20;

/// Rotary attention of tokens to each other; see [`Kernels::attend`].
pub(crate) fn attend<B: Backend>(qkv: Tensor<B, 2>, plan: &Plan<B>) -> Tensor<B, 2> {
    let (queries, keys, values) = rotated(qkv, plan);
    visible_mean(queries, keys, values, plan)
}

/// The same with gradients, for which the scores are computed again.
pub(crate) fn attend_tracked<B: Kernels>(
    qkv: Tensor<Autodiff<B>, 2>,
    plan: &Plan<Autodiff<B>>,
) -> Tensor<Autodiff<B>, 2> {
    let (queries, keys, values_) = rotated(qkv, plan);
    let [queries, keys, values_] = [queries, keys, values_].map(tracked);
    let known = Attention {
        heads: plan.sight.heads,
        queries: whole(queries.primitive.clone()),
        keys: whole(keys.primitive.clone()),
        values: whole(values_.primitive.clone()),
        chunks: sighted(plan).chunks.iter().map(Chunk::inner).collect(),
    };
    let means = known.chunks.iter().map(|chunk| {
        let [queries, keys, values] = [&known.queries, &known.keys, &known.values];
        chunk.means(queries, keys, values, known.heads)
    });
    let means = Tensor::cat(means.collect(), 0);
    differentiable([queries, keys, values_], known, values(means))
}

/// Rotary attention through a cache; see [`Kernels::attend_cached`].
pub(crate) fn attend_cached<B: Backend>(
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
    let slots = slots.unsqueeze_dim::<2>(1);
    let cache = cache.scatter_nd(slots, new, IndexingUpdateOp::Assign);
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

/// What a pass's sight becomes on a device.
#[derive(Debug)]
pub(crate) struct Sighted<B: Backend> {
    /// [tokens, 1, width].
    cos: Tensor<B, 3>,
    sin: Tensor<B, 3>,
    /// In order of their queries, which together are all tokens.
    chunks: Vec<Chunk<B>>,
}

/// Pieces of segments that are padded to the same size.
#[derive(Clone, Debug)]
struct Chunk<B: Backend> {
    /// Pieces, queries of each, keys of each.
    shape: [usize; 3],
    /// Token of each padded query, [pieces * queries].
    queries: Tensor<B, 1, Int>,
    /// Key of each padded key, [pieces * keys].
    keys: Tensor<B, 1, Int>,
    /// Keys that each padded query sees, [pieces, 1, queries, 1].
    visible: Tensor<B, 4, Int>,
    /// Padded query of each token, [tokens].
    back: Tensor<B, 1, Int>,
}

/// Queries of a segment by their offsets, and the number of keys that they see.
struct Piece {
    segment: usize,
    queries: Range<usize>,
    keys: usize,
}

impl<B: Backend> Sighted<B> {
    fn new(sight: &Sight, device: &B::Device) -> Self {
        let mut chunks = Vec::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut longest, mut most) = (0, 0);
        for (index, segment) in sight.layout.segments.iter().enumerate() {
            let count = segment.queries.len();
            for start in (0..count).step_by(QUERIES) {
                let end = (start + QUERIES).min(count);
                let keys = segment.visible(end - 1);
                let larger = (longest.max(end - start), most.max(keys));
                if !pieces.is_empty() && (pieces.len() + 1) * larger.0 * larger.1 > SCORES {
                    chunks.push(Chunk::new(sight, &pieces, device));
                    pieces.clear();
                    (longest, most) = (0, 0);
                }
                (longest, most) = (longest.max(end - start), most.max(keys));
                pieces.push(Piece {
                    segment: index,
                    queries: start..end,
                    keys,
                });
            }
        }
        chunks.push(Chunk::new(sight, &pieces, device));
        let table = |values: Vec<f32>| {
            let shape = [sight.layout.tokens.len(), 1, sight.heads.width];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        Self {
            cos: table(sight.rope.doubled(&sight.layout.positions, false)),
            sin: table(sight.rope.doubled(&sight.layout.positions, true)),
            chunks,
        }
    }
}

impl<B: Backend> Chunk<B> {
    fn new(sight: &Sight, pieces: &[Piece], device: &B::Device) -> Self {
        let longest = pieces.iter().map(|p| p.queries.len()).max().unwrap_or(0);
        let most = pieces.iter().map(|p| p.keys).max().unwrap_or(0);
        let mut queries = Vec::with_capacity(pieces.len() * longest);
        let mut keys = Vec::with_capacity(pieces.len() * most);
        let mut visible = Vec::with_capacity(pieces.len() * longest);
        let mut back = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let segment = &sight.layout.segments[piece.segment];
            back.extend((0..piece.queries.len()).map(|j| index * longest + j));
            let real = piece.queries.clone();
            queries.extend(real.clone().map(|j| segment.queries.start + j));
            visible.extend(real.map(|j| segment.visible(j) as i32));
            // What pads sees the first key and is never read.
            queries.resize((index + 1) * longest, 0);
            visible.resize((index + 1) * longest, 1);
            keys.extend(sight.layout.keys(segment).take(piece.keys));
            keys.resize((index + 1) * most, 0);
        }
        let shape = [pieces.len(), 1, longest, 1];
        Self {
            shape: [pieces.len(), longest, most],
            queries: indices::<B>(queries.into_iter(), device),
            keys: indices::<B>(keys.into_iter(), device),
            visible: Tensor::from_data(TensorData::new(visible, shape), device),
            back: indices::<B>(back.into_iter(), device),
        }
    }

    /// Some rows of [tokens, heads, width] as [pieces, heads, length, width].
    fn padded(&self, x: &Tensor<B, 3>, at: &Tensor<B, 1, Int>, length: usize) -> Tensor<B, 4> {
        let [_, heads, width] = x.dims();
        x.clone()
            .select(0, at.clone())
            .reshape([self.shape[0], length, heads, width])
            .swap_dims(1, 2)
    }

    /// Queries, or what else there is of each, by key head: [pieces, key heads,
    /// shared * queries, width].
    fn grouped(&self, x: Tensor<B, 4>, heads: Heads) -> Tensor<B, 4> {
        let [pieces, longest, _] = self.shape;
        let shared = heads.queries / heads.keys;
        x.reshape([pieces, heads.keys, shared * longest, heads.width])
    }

    /// The same as [tokens, query heads * width], without what pads.
    fn tokens(&self, x: Tensor<B, 4>, heads: Heads) -> Tensor<B, 2> {
        let [pieces, longest, _] = self.shape;
        x.reshape([pieces, heads.queries, longest, heads.width])
            .swap_dims(1, 2)
            .reshape([pieces * longest, heads.queries * heads.width])
            .select(0, self.back.clone())
    }

    /// Softmax of the scores, [pieces, key heads, shared * queries, keys].
    fn weights(&self, queries: Tensor<B, 4>, keys: Tensor<B, 4>, heads: Heads) -> Tensor<B, 4> {
        let [pieces, longest, most] = self.shape;
        let all = [pieces, heads.queries, longest, most];
        let grouped = [
            pieces,
            heads.keys,
            heads.queries / heads.keys * longest,
            most,
        ];
        let at = Tensor::<B, 1, Int>::arange(0..most as i64, &queries.device());
        let at = at
            .reshape([1, 1, 1, most])
            .expand([pieces, 1, longest, most]);
        let visible = self.visible.clone().expand([pieces, 1, longest, most]);
        let hidden: Tensor<B, 4, Bool> = at.greater_equal(visible);
        let scores = queries
            .matmul(keys.swap_dims(2, 3))
            .mul_scalar(1.0 / (heads.width as f32).sqrt())
            .reshape(all)
            .mask_fill(hidden.expand(all), f32::MIN);
        activation::softmax(scores, 3).reshape(grouped)
    }

    /// Attention of the chunk's queries, [tokens, query heads * width].
    fn means(
        &self,
        queries: &Tensor<B, 3>,
        keys: &Tensor<B, 3>,
        values: &Tensor<B, 3>,
        heads: Heads,
    ) -> Tensor<B, 2> {
        let [_, longest, most] = self.shape;
        let queries = self.grouped(self.padded(queries, &self.queries, longest), heads);
        let keys = self.padded(keys, &self.keys, most);
        let weights = self.weights(queries, keys, heads);
        self.tokens(weights.matmul(self.padded(values, &self.keys, most)), heads)
    }
}

impl<B: Backend> Chunk<Autodiff<B>> {
    fn inner(&self) -> Chunk<B> {
        Chunk {
            shape: self.shape,
            queries: self.queries.clone().inner(),
            keys: self.keys.clone().inner(),
            visible: self.visible.clone().inner(),
            back: self.back.clone().inner(),
        }
    }
}

fn sighted<B: Backend>(plan: &Plan<B>) -> &Sighted<B> {
    plan.chunked
        .get_or_init(|| Sighted::new(&plan.sight, &plan.device))
}

/// Queries, keys and values, each [tokens, heads, width], the first two turned
/// by their positions.
pub(crate) fn rotated<B: Backend>(
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

/// Attention of all tokens, [tokens, query heads * width].
fn visible_mean<B: Backend>(
    queries: Tensor<B, 3>,
    keys: Tensor<B, 3>,
    values: Tensor<B, 3>,
    plan: &Plan<B>,
) -> Tensor<B, 2> {
    let chunks = sighted(plan).chunks.iter();
    let means = chunks.map(|chunk| chunk.means(&queries, &keys, &values, plan.sight.heads));
    Tensor::cat(means.collect(), 0)
}

/// What the gradient is computed from: see `attention/backward.rs` for the formulas.
#[derive(Clone, Debug)]
struct Attention<B: Backend> {
    heads: Heads,
    queries: Tensor<B, 3>,
    keys: Tensor<B, 3>,
    values: Tensor<B, 3>,
    chunks: Vec<Chunk<B>>,
}

impl<B: Kernels> Known<B, 3> for Attention<B> {
    fn gradients(self, grad: FloatTensor<B>, _: [bool; 3]) -> [Option<FloatTensor<B>>; 3] {
        let grad: Tensor<B, 2> = whole(grad);
        let heads = self.heads;
        let flat = [self.keys.dims()[0], heads.keys * heads.width];
        let device = grad.device();
        let mut to_queries = Vec::with_capacity(self.chunks.len());
        let mut to_keys = Tensor::zeros(flat, &device);
        let mut to_values = Tensor::zeros(flat, &device);
        let mut start = 0;
        for chunk in &self.chunks {
            let [pieces, longest, most] = chunk.shape;
            let tokens = chunk.back.dims()[0];
            // 0 for what pads, so that it adds nothing to the first key.
            let grad = Tensor::zeros([pieces * longest, heads.queries * heads.width], &device)
                .select_assign(
                    0,
                    chunk.back.clone(),
                    grad.clone().narrow(0, start, tokens),
                    IndexingUpdateOp::Add,
                )
                .reshape([pieces, longest, heads.queries, heads.width])
                .swap_dims(1, 2);
            let grad = chunk.grouped(grad, heads);
            start += tokens;
            let queries = chunk.padded(&self.queries, &chunk.queries, longest);
            let queries = chunk.grouped(queries, heads);
            let keys = chunk.padded(&self.keys, &chunk.keys, most);
            let values = chunk.padded(&self.values, &chunk.keys, most);
            let weights = chunk.weights(queries.clone(), keys.clone(), heads);
            let rows = |x: Tensor<B, 4>| x.swap_dims(1, 2).reshape([pieces * most, flat[1]]);
            let new = rows(weights.clone().swap_dims(2, 3).matmul(grad.clone()));
            to_values = B::add_rows(to_values, chunk.keys.clone(), new);
            let slopes = grad.matmul(values.swap_dims(2, 3));
            let mean_slopes = (weights.clone() * slopes.clone()).sum_dim(3);
            let slopes =
                (weights * (slopes - mean_slopes)).mul_scalar(1.0 / (heads.width as f32).sqrt());
            to_queries.push(chunk.tokens(slopes.clone().matmul(keys), heads));
            let new = rows(slopes.swap_dims(2, 3).matmul(queries));
            to_keys = B::add_rows(to_keys, chunk.keys.clone(), new);
        }
        let by_head = |x: Tensor<B, 2>, like: &Tensor<B, 3>| values(x.reshape(like.dims()));
        [
            Some(by_head(Tensor::cat(to_queries, 0), &self.queries)),
            Some(by_head(to_keys, &self.keys)),
            Some(by_head(to_values, &self.values)),
        ]
    }
}
