//! The forward pass of fused attention.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::Segment;
use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::AttentionMetadata;
use crate::kernels::attention::products::{FewRows, Float32, Products};
use crate::kernels::attention::tile::{Operand, only};
use crate::kernels::simd::{exp_and_sum, maximum_of, vectorized};
use crate::kernels::zeros::zeros;

/// The maximum number of queries of a segment in one task. Each task transposes the keys it sees,
/// so smaller tasks cost more.
const TASK_QUERIES: usize = 512;

/// The output of attention, and the terms that its gradient needs.
#[derive(Debug)]
pub(in crate::kernels) struct AttentionOutput {
    /// The output, `[tokens, query heads * width]`.
    pub(in crate::kernels) means: Vec<f32>,
    /// The logarithms of the softmax denominators, `[tokens, query heads]`.
    pub(in crate::kernels) log_sums: Vec<f32>,
}

/// Some queries of a segment, by offset, one key head, and the outputs of its query heads over the
/// keys processed so far.
struct Task<'a> {
    segment: &'a Segment,
    queries: Range<usize>,
    kv: usize,
    /// `[queries, heads of the group * width]`.
    means: &'a mut [f32],
    /// `[queries, heads of the group]`.
    log_sums: &'a mut [f32],
}

/// Attention of `rotated`, rows `[queries | keys | values]`, to `keys`.
pub(super) fn forward<const W: usize, P: Products<W>>(
    metadata: &AttentionMetadata,
    rotated: &[f32],
    keys: KeyRows<'_>,
) -> AttentionOutput {
    let layout = &metadata.layout;
    let heads = metadata.heads;
    let shared = heads.queries / heads.keys;
    let mut means = zeros(layout.tokens.len() * heads.queries * W);
    let mut log_sums = vec![f32::NEG_INFINITY; layout.tokens.len() * heads.queries];
    let mut free_means = means.as_mut_slice();
    let mut free_log_sums = log_sums.as_mut_slice();
    let mut tasks = Vec::with_capacity(heads.keys * layout.segments.len());
    for kv in 0..heads.keys {
        for segment in &layout.segments {
            let count = segment.queries.len();
            for start in (0..count).step_by(TASK_QUERIES) {
                let queries = start..(start + TASK_QUERIES).min(count);
                let (means, rest) = free_means.split_at_mut(queries.len() * shared * W);
                free_means = rest;
                let (log_sums, rest) = free_log_sums.split_at_mut(queries.len() * shared);
                free_log_sums = rest;
                tasks.push(Task {
                    segment,
                    queries,
                    kv,
                    means,
                    log_sums,
                });
            }
        }
    }
    tasks.into_par_iter().for_each(|task| {
        vectorized(
            #[inline(always)]
            || match task.queries.len() * shared {
                rows if rows < <Float32 as Products<W>>::ROWS => {
                    forward_task::<W, FewRows>(task, metadata, rotated, keys);
                }
                rows if rows < P::ROWS => {
                    forward_task::<W, Float32>(task, metadata, rotated, keys);
                }
                _ => forward_task::<W, P>(task, metadata, rotated, keys),
            },
        );
    });
    AttentionOutput {
        means: by_token(means, heads.keys, shared * W),
        log_sums: by_token(log_sums, heads.keys, shared),
    }
}

/// Returns rows of `width` floats, `[heads, tokens, width]`, as `[tokens, heads * width]`.
fn by_token(by_head: Vec<f32>, heads: usize, width: usize) -> Vec<f32> {
    if heads == 1 {
        return by_head;
    }
    let mut by_token = zeros(by_head.len());
    let tokens = by_head.len() / (heads * width);
    let rows = by_token.par_chunks_exact_mut(heads * width).enumerate();
    rows.with_min_len(TASK_QUERIES).for_each(|(token, row)| {
        for (head, part) in row.chunks_exact_mut(width).enumerate() {
            part.copy_from_slice(&by_head[(head * tokens + token) * width..][..width]);
        }
    });
    by_token
}

#[inline(always)]
fn forward_task<const W: usize, P: Products<W>>(
    task: Task<'_>,
    metadata: &AttentionMetadata,
    rotated: &[f32],
    keys: KeyRows<'_>,
) {
    let (layout, heads, kv) = (&metadata.layout, metadata.heads, task.kv);
    let scale = metadata.scale;
    let first = task.segment.queries.start + task.queries.start;
    let shared = heads.queries / heads.keys;
    let mut products = P::default();
    let (mut queries, mut weights, mut factors) = (Vec::new(), Vec::new(), Vec::new());
    for block in Block::all(layout, task.segment, task.queries, shared, metadata.window) {
        let for_scores = products.for_scores(keys, &block, keys.keys + kv * W);
        let for_sums = products.for_sums(keys, &block, keys.values + kv * W);
        for piece in block.pieces() {
            queries.clear();
            for token in piece.queries.clone() {
                let heads = &rotated[token * heads.columns() + kv * shared * W..][..shared * W];
                queries.extend_from_slice(heads);
            }
            let operand = Operand {
                data: &queries,
                by_row: W,
                by_term: 1,
            };
            let padded = products.scores(operand, &piece, &for_scores, &mut weights);
            let first = (piece.queries.start - first) * shared;
            factors.clear();
            let rows = weights.chunks_exact_mut(padded).enumerate();
            for ((row, weights), log_sum) in rows.zip(&mut task.log_sums[first..]) {
                let seen = only(piece.visible(row), weights);
                let maximum = maximum_of(seen) * scale;
                let sum = exp_and_sum(seen, scale, maximum);
                factors.push(merge_softmax(log_sum, maximum, sum));
            }
            let means = &mut task.means[first * W..];
            products.sums(&weights, padded, &piece, &for_sums, |row, column, sums| {
                let (old, new) = factors[row];
                for (mean, sum) in means[row * W + column..].iter_mut().zip(sums) {
                    *mean = mean.mul_add(old, sum * new);
                }
            });
        }
    }
}

/// Merges a block's softmax into the running softmax. `sum` is the block's sum of exponentials
/// relative to `maximum`. Returns the factors of the old output and of the block's output.
#[inline(always)]
fn merge_softmax(log_sum: &mut f32, maximum: f32, sum: f32) -> (f32, f32) {
    let old = *log_sum;
    let new = sum.ln() + maximum;
    if old == f32::NEG_INFINITY {
        *log_sum = new;
        return (0.0, 1.0 / sum);
    }
    let high = old.max(new);
    *log_sum = high + ((old - high).exp() + (new - high).exp()).ln();
    ((old - *log_sum).exp(), (maximum - *log_sum).exp())
}
