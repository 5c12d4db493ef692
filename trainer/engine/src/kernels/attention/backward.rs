//! The backward pass of fused attention.
//!
//! With weights p, output o and its gradient g: dv = pᵀ g, ds = p (g vᵀ - g·o) scale, dq = ds k, dk
//! = dsᵀ q. The weights are computed again, block by block, from the logarithms of their sums.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::AttentionMetadata;
use crate::kernels::attention::products::GradientProducts;
use crate::kernels::attention::tile::{Operand, only};
use crate::kernels::simd::{add_scaled, dot, exp_and_sum, vectorized};
use crate::kernels::zeros::zeros;
use crate::kernels::{Heads, Segment};

/// The tensors saved by the forward pass.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct SavedForward<'a> {
    /// The rotated rows `[queries | keys | values]`.
    pub(in crate::kernels) rotated: &'a [f32],
    /// The output of attention.
    pub(in crate::kernels) means: &'a [f32],
    /// The logarithms of the softmax denominators.
    pub(in crate::kernels) log_sums: &'a [f32],
}

/// The inputs that all rows share.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    metadata: &'a AttentionMetadata,
    keys: KeyRows<'a>,
    saved: SavedForward<'a>,
    grad: &'a [f32],
}

/// The part of a row in one key head and the query heads that share it.
struct Task<'a> {
    segments: &'a [Segment],
    kv: usize,
    /// `[the row's tokens, the query heads | key | value]`.
    out: &'a mut [f32],
}

/// Computes the gradient of the rotated rows `[queries | keys | values]`, given the gradient of the
/// output.
pub(super) fn backward<const W: usize, P: GradientProducts<W>>(
    metadata: &AttentionMetadata,
    saved: SavedForward<'_>,
    grad: &[f32],
) -> Vec<f32> {
    let layout = &metadata.layout;
    let heads = metadata.heads;
    let columns = heads.columns();
    let inputs = Inputs {
        metadata,
        keys: KeyRows::in_qkv(saved.rotated, heads),
        saved,
        grad,
    };
    // Grouped by key head, so that the heads of a row are computed in parallel.
    let mut by_head = zeros(saved.rotated.len());
    let mut rest = by_head.as_mut_slice();
    let mut tasks = Vec::with_capacity(layout.rows.len() * heads.keys);
    for row in &layout.rows {
        let length = layout.row_tokens(row).len() * columns / heads.keys;
        for kv in 0..heads.keys {
            let (out, after) = rest.split_at_mut(length);
            rest = after;
            tasks.push(Task {
                segments: &layout.segments[row.clone()],
                kv,
                out,
            });
        }
    }
    tasks.into_par_iter().for_each(|task| {
        vectorized(
            #[inline(always)]
            || backward_row::<W, P>(task, inputs),
        );
    });
    let mut rotated_grad = zeros(by_head.len());
    let (mut from, mut into) = (by_head.as_slice(), rotated_grad.as_mut_slice());
    let mut rows = Vec::with_capacity(layout.rows.len());
    for row in &layout.rows {
        let length = layout.row_tokens(row).len() * columns;
        let (own, rest) = from.split_at(length);
        from = rest;
        let (out, rest) = into.split_at_mut(length);
        into = rest;
        rows.push((own, out));
    }
    rows.into_par_iter()
        .for_each(|(own, out)| by_token::<W>(own, out, heads));
    rotated_grad
}

/// Copies a row's gradients from `[key heads, tokens, query heads | key | value]` to `[tokens,
/// queries | keys | values]`.
fn by_token<const W: usize>(by_head: &[f32], out: &mut [f32], heads: Heads) {
    if by_head.is_empty() {
        return;
    }
    let queries = heads.queries / heads.keys * W;
    let group = queries + 2 * W;
    let own = by_head.chunks_exact(by_head.len() / heads.keys);
    for (kv, own) in own.enumerate() {
        let keys = heads.queries * W + kv * W;
        let values = keys + heads.keys * W;
        let rows = out.chunks_exact_mut(heads.columns());
        for (row, own) in rows.zip(own.chunks_exact(group)) {
            row[kv * queries..][..queries].copy_from_slice(&own[..queries]);
            row[keys..][..W].copy_from_slice(&own[queries..][..W]);
            row[values..][..W].copy_from_slice(&own[queries + W..]);
        }
    }
}

#[inline(always)]
fn backward_row<const W: usize, P: GradientProducts<W>>(task: Task<'_>, inputs: Inputs<'_>) {
    let Inputs {
        metadata,
        keys,
        saved,
        grad,
    } = inputs;
    let Task { segments, kv, out } = task;
    let (layout, heads, scale) = (&metadata.layout, metadata.heads, metadata.scale);
    let columns = heads.columns();
    let shared = heads.queries / heads.keys;
    let group = (shared + 2) * W;
    let Some(first) = segments.first().map(|segment| segment.queries.start) else {
        return;
    };
    let mut products = P::default();
    let (mut weights, mut slopes) = (Vec::new(), Vec::new());
    for segment in segments {
        for block in Block::all(
            layout,
            segment,
            0..segment.queries.len(),
            1,
            metadata.window,
        ) {
            let keys_for_scores = products.for_scores(keys, &block, keys.keys + kv * W);
            let values_for_scores = products.for_scores(keys, &block, keys.values + kv * W);
            let keys_for_sums = products.for_sums(keys, &block, keys.keys + kv * W);
            let mut keys_grad = vec![0.0f32; block.keys() * W];
            let mut values_grad = vec![0.0f32; block.keys() * W];
            for piece in block.pieces() {
                let start = piece.queries.start;
                for head in 0..shared {
                    let queries = Operand {
                        data: &keys.data[start * columns + (kv * shared + head) * W..],
                        by_row: columns,
                        by_term: 1,
                    };
                    let grads = Operand {
                        data: &grad[(start * heads.queries + kv * shared + head) * W..],
                        by_row: heads.queries * W,
                        by_term: 1,
                    };
                    let padded = products.scores(queries, &piece, &keys_for_scores, &mut weights);
                    products.scores(grads, &piece, &values_for_scores, &mut slopes);
                    let rows = weights
                        .chunks_exact_mut(padded)
                        .zip(slopes.chunks_exact_mut(padded));
                    for (j, (weights, slopes)) in rows.enumerate() {
                        let at = (start + j) * heads.queries + kv * shared + head;
                        let weights = only(piece.visible(j), weights);
                        exp_and_sum(weights, scale, saved.log_sums[at]);
                        let mean_slope = dot(&saved.means[at * W..][..W], &grad[at * W..][..W]);
                        let slopes = only(piece.visible(j), slopes);
                        for (slope, weight) in slopes.iter_mut().zip(weights) {
                            *slope = *weight * (*slope - mean_slope) * scale;
                        }
                    }
                    products.sums(
                        &slopes,
                        padded,
                        &piece,
                        &keys_for_sums,
                        |j, column, sums| {
                            let at = (start - first + j) * group + head * W + column;
                            add_scaled(&mut out[at..][..sums.len()], 1.0, sums);
                        },
                    );
                    products.add_by_key(&slopes, padded, &piece, queries, &mut keys_grad);
                    products.add_by_key(&weights, padded, &piece, grads, &mut values_grad);
                }
            }
            for (at, key) in block.each_key().enumerate() {
                let part: Range<usize> = at * W..(at + 1) * W;
                let row = &mut out[(key - first) * group + shared * W..][..2 * W];
                add_scaled(&mut row[..W], 1.0, &keys_grad[part.clone()]);
                add_scaled(&mut row[W..], 1.0, &values_grad[part]);
            }
        }
    }
}
