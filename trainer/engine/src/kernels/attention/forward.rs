//! The forward pass of fused attention.

use rayon::prelude::*;

use crate::kernels::Segment;
use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::AttentionMetadata;
use crate::kernels::attention::tile::{
    Operand, ROWS, Transposed, for_each_tile, only, scores, weighted,
};
use crate::kernels::simd::{dot, exp_and_sum, maximum_of, vectorized};

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

/// Some queries of a segment, by offset, and their outputs over the keys processed so far.
struct Task<'a> {
    segment: &'a Segment,
    queries: std::ops::Range<usize>,
    means: &'a mut [f32],
    log_sums: &'a mut [f32],
}

/// Attention of `rotated`, rows `[queries | keys | values]`, to `keys`.
pub(super) fn forward<const W: usize>(
    metadata: &AttentionMetadata,
    rotated: &[f32],
    keys: KeyRows<'_>,
) -> AttentionOutput {
    let layout = &metadata.layout;
    let heads = metadata.heads.queries;
    let mut attended = AttentionOutput {
        means: vec![0.0; layout.tokens.len() * heads * W],
        log_sums: vec![f32::NEG_INFINITY; layout.tokens.len() * heads],
    };
    let mut means = attended.means.as_mut_slice();
    let mut log_sums = attended.log_sums.as_mut_slice();
    let mut tasks = Vec::with_capacity(layout.segments.len());
    for segment in &layout.segments {
        let count = segment.queries.len();
        for start in (0..count).step_by(TASK_QUERIES) {
            let queries = start..(start + TASK_QUERIES).min(count);
            let (own_means, rest) = means.split_at_mut(queries.len() * heads * W);
            means = rest;
            let (own_log_sums, rest) = log_sums.split_at_mut(queries.len() * heads);
            log_sums = rest;
            tasks.push(Task {
                segment,
                queries,
                means: own_means,
                log_sums: own_log_sums,
            });
        }
    }
    tasks.into_par_iter().for_each(|task| {
        vectorized(
            #[inline(always)]
            || forward_segment::<W>(task, metadata, rotated, keys),
        );
    });
    attended
}

#[inline(always)]
fn forward_segment<const W: usize>(
    task: Task<'_>,
    metadata: &AttentionMetadata,
    rotated: &[f32],
    keys: KeyRows<'_>,
) {
    let (layout, heads) = (&metadata.layout, metadata.heads);
    let scale = metadata.scale;
    let first = task.segment.queries.start + task.queries.start;
    let shared = heads.queries / heads.keys;
    let few = task.queries.len() * shared < ROWS;
    let (mut weights, mut factors) = (Vec::new(), Vec::new());
    for block in Block::all(layout, task.segment, task.queries, metadata.window) {
        for kv in 0..heads.keys {
            let transposed = (!few).then(|| Transposed::new(keys, &block, keys.keys + kv * W, W));
            for piece in block.pieces() {
                let start = piece.queries.start;
                for head in kv * shared..(kv + 1) * shared {
                    let queries = Operand {
                        data: &rotated[start * heads.columns() + head * W..],
                        by_row: heads.columns(),
                        by_term: 1,
                    };
                    let padded = match &transposed {
                        Some(transposed) => {
                            scores(queries, W, &piece, transposed, &mut weights);
                            transposed.padded
                        }
                        None => {
                            few_scores::<W>(queries, &piece, keys, kv, &mut weights);
                            piece.keys()
                        }
                    };
                    factors.clear();
                    for (j, row) in weights.chunks_exact_mut(padded).enumerate() {
                        let seen = only(piece.visible(j), row);
                        let maximum = maximum_of(seen) * scale;
                        let sum = exp_and_sum(seen, scale, maximum);
                        let at = (start - first + j) * heads.queries + head;
                        factors.push(merge_softmax(&mut task.log_sums[at], maximum, sum));
                    }
                    for_each_tile!(piece.queries.len(), |R, from| {
                        let values = keys.values + kv * W;
                        let tile = weighted::<R, W>(&weights, padded, from, keys, &piece, values);
                        for (r, row) in tile.0.iter().enumerate() {
                            let token = start - first + from + r;
                            let out = &mut task.means[(token * heads.queries + head) * W..][..W];
                            let (old, new) = factors[from + r];
                            for (out, value) in out.iter_mut().zip(row) {
                                *out = out.mul_add(old, value * new);
                            }
                        }
                    });
                }
            }
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

/// Computes the scores of few queries directly, because transposing the keys would cost more.
#[inline(always)]
fn few_scores<const W: usize>(
    queries: Operand<'_>,
    block: &Block<'_>,
    keys: KeyRows<'_>,
    kv: usize,
    into: &mut Vec<f32>,
) {
    into.clear();
    for j in 0..block.queries.len() {
        let query = &queries.data[j * queries.by_row..][..W];
        for key in block.each_key() {
            let row = &keys.data[key * keys.columns + keys.keys + kv * W..][..W];
            into.push(dot(query, row));
        }
    }
}
