//! Attention in plain tensor operations, for any backend. Segments are processed in padded chunks,
//! so memory grows linearly with the length.

use burn::backend::Autodiff;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{IndexingUpdateOp, Tensor};

use crate::kernels::attention::chunks::Chunk;
use crate::kernels::attention::plan::AttentionPlan;
use crate::kernels::custom_op::{
    CustomBackward, custom_op, from_primitive, primitive, tracked_primitive,
};
use crate::kernels::primitives::Primitives;
use crate::kernels::{Heads, indices};

/// Rotary attention among the tokens of a pass; see [`attend`](crate::kernels::Kernels::attend).
pub(crate) fn attend<B: Backend>(qkv: Tensor<B, 2>, plan: &AttentionPlan<B>) -> Tensor<B, 2> {
    let (queries, keys, values) = rotated(qkv, plan);
    attend_in_chunks(queries, keys, values, plan)
}

/// Rotary attention with gradients. The scores are computed again in the backward pass.
pub(crate) fn attend_autodiff<B: Primitives>(
    qkv: Tensor<Autodiff<B>, 2>,
    plan: &AttentionPlan<Autodiff<B>>,
) -> Tensor<Autodiff<B>, 2> {
    let (queries, keys, values) = rotated(qkv, plan);
    let [queries, keys, values] = [queries, keys, values].map(tracked_primitive);
    let saved = Attention {
        heads: plan.metadata.heads,
        queries: from_primitive(queries.primitive.clone()),
        keys: from_primitive(keys.primitive.clone()),
        values: from_primitive(values.primitive.clone()),
        chunks: plan.chunks().chunks.iter().map(Chunk::inner).collect(),
    };
    let means = saved.chunks.iter().map(|chunk| {
        let [queries, keys, values] = [&saved.queries, &saved.keys, &saved.values];
        chunk.means(queries, keys, values, saved.heads)
    });
    let means = Tensor::cat(means.collect(), 0);
    custom_op([queries, keys, values], saved, primitive(means))
}

/// Rotary attention through a cache; see [`attend_cached`](crate::kernels::Kernels::attend_cached).
pub(crate) fn attend_cached<B: Backend>(
    qkv: Tensor<B, 2>,
    cache: Tensor<B, 2>,
    plan: &AttentionPlan<B>,
) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let heads = plan.metadata.heads;
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
    let slots = indices::<B>(plan.layout().slots.iter().copied(), plan.device());
    let slots = slots.unsqueeze_dim::<2>(1);
    let cache = cache.scatter_nd(slots, new, IndexingUpdateOp::Assign);
    let [count, _] = cache.dims();
    let by_head = |part: usize| {
        cache
            .clone()
            .narrow(1, part * width, width)
            .reshape([count, heads.keys, heads.width])
    };
    let attended = attend_in_chunks(queries, by_head(0), by_head(1), plan);
    (attended, cache)
}

/// Returns queries, keys and values, each `[tokens, heads, width]`, with queries and keys rotated.
pub(crate) fn rotated<B: Backend>(
    qkv: Tensor<B, 2>,
    plan: &AttentionPlan<B>,
) -> (Tensor<B, 3>, Tensor<B, 3>, Tensor<B, 3>) {
    let Heads {
        queries,
        keys,
        width,
    } = plan.metadata.heads;
    let [tokens, _] = qkv.dims();
    let part = |start: usize, heads: usize| {
        qkv.clone()
            .narrow(1, start * width, heads * width)
            .reshape([tokens, heads, width])
    };
    let rotate = |x: Tensor<B, 3>| {
        let chunks = plan.chunks();
        let first = x.clone().narrow(2, 0, width / 2);
        let second = x.clone().narrow(2, width / 2, width / 2);
        x * chunks.cos.clone() + Tensor::cat(vec![second.neg(), first], 2) * chunks.sin.clone()
    };
    (
        rotate(part(0, queries)),
        rotate(part(queries, keys)),
        part(queries + keys, keys),
    )
}

/// Attention of all tokens, `[tokens, query heads * width]`.
fn attend_in_chunks<B: Backend>(
    queries: Tensor<B, 3>,
    keys: Tensor<B, 3>,
    values: Tensor<B, 3>,
    plan: &AttentionPlan<B>,
) -> Tensor<B, 2> {
    let chunks = plan.chunks().chunks.iter();
    let means = chunks.map(|chunk| chunk.means(&queries, &keys, &values, plan.metadata.heads));
    Tensor::cat(means.collect(), 0)
}

/// The tensors saved for the backward pass; see `attention/backward.rs` for the formulas.
#[derive(Clone, Debug)]
struct Attention<B: Backend> {
    heads: Heads,
    queries: Tensor<B, 3>,
    keys: Tensor<B, 3>,
    values: Tensor<B, 3>,
    chunks: Vec<Chunk<B>>,
}

impl<B: Primitives> CustomBackward<B, 3> for Attention<B> {
    fn gradients(self, grad: FloatTensor<B>, _: [bool; 3]) -> [Option<FloatTensor<B>>; 3] {
        let grad: Tensor<B, 2> = from_primitive(grad);
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
            // Padding gets a gradient of 0, so that it adds nothing to the first key.
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
            let slopes = (weights * (slopes - mean_slopes)).mul_scalar(chunk.scale);
            to_queries.push(chunk.tokens(slopes.clone().matmul(keys), heads));
            let new = rows(slopes.swap_dims(2, 3).matmul(queries));
            to_keys = B::add_rows(to_keys, chunk.keys.clone(), new);
        }
        let by_head = |x: Tensor<B, 2>, like: &Tensor<B, 3>| primitive(x.reshape(like.dims()));
        [
            Some(by_head(Tensor::cat(to_queries, 0), &self.queries)),
            Some(by_head(to_keys, &self.keys)),
            Some(by_head(to_values, &self.values)),
        ]
    }
}
