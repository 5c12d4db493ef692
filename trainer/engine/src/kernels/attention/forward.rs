//! Softmax-weighted means of values.

use rayon::prelude::*;

use crate::kernels::Segment;
use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::metadata::Sight;
use crate::kernels::attention::tile::{Operand, ROWS, Transposed, for_each_tile, scores, weighted};
use crate::kernels::simd::{dot, exponentials, largest, vectorized};

/// Most queries of a segment that one thread takes at a time. Each take transposes
/// the keys that it sees: too few and that shows.
const TAKE: usize = 512;

/// What attention gives, and what its gradient needs.
#[derive(Debug)]
pub(in crate::kernels) struct Attended {
    /// [tokens, query heads * width].
    pub(in crate::kernels) means: Vec<f32>,
    /// Logarithm of each softmax's denominator, [tokens, query heads].
    pub(in crate::kernels) log_sums: Vec<f32>,
}

/// Some of a segment's queries, by their offsets, and their outputs: those of the keys
/// that were looked at so far.
struct Work<'a> {
    segment: &'a Segment,
    queries: std::ops::Range<usize>,
    means: &'a mut [f32],
    log_sums: &'a mut [f32],
}

/// Attention of `rotated`, rows [queries | keys | values], to `keys`.
pub(super) fn forward<const W: usize>(
    sight: &Sight,
    rotated: &[f32],
    keys: KeyRows<'_>,
) -> Attended {
    let layout = &sight.layout;
    let heads = sight.heads.queries;
    let mut attended = Attended {
        means: vec![0.0; layout.tokens.len() * heads * W],
        log_sums: vec![f32::NEG_INFINITY; layout.tokens.len() * heads],
    };
    let mut means = attended.means.as_mut_slice();
    let mut log_sums = attended.log_sums.as_mut_slice();
    let mut work = Vec::with_capacity(layout.segments.len());
    for segment in &layout.segments {
        let count = segment.queries.len();
        for start in (0..count).step_by(TAKE) {
            let queries = start..(start + TAKE).min(count);
            let (own_means, rest) = means.split_at_mut(queries.len() * heads * W);
            means = rest;
            let (own_log_sums, rest) = log_sums.split_at_mut(queries.len() * heads);
            log_sums = rest;
            work.push(Work {
                segment,
                queries,
                means: own_means,
                log_sums: own_log_sums,
            });
        }
    }
    work.into_par_iter().for_each(|work| {
        vectorized(
            #[inline(always)]
            || one::<W>(work, sight, rotated, keys),
        );
    });
    attended
}

#[inline(always)]
fn one<const W: usize>(work: Work<'_>, sight: &Sight, rotated: &[f32], keys: KeyRows<'_>) {
    let (layout, heads) = (&sight.layout, sight.heads);
    let scale = 1.0 / (W as f32).sqrt();
    let first = work.segment.queries.start + work.queries.start;
    let shared = heads.queries / heads.keys;
    let few = work.queries.len() * shared < ROWS;
    let (mut weights, mut factors) = (Vec::new(), Vec::new());
    for block in Block::all(layout, work.segment, work.queries) {
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
                        let (seen, unseen) = row.split_at_mut(piece.visible(j));
                        let top = largest(seen) * scale;
                        let sum = exponentials(seen, scale, top);
                        unseen.fill(0.0);
                        let at = (start - first + j) * heads.queries + head;
                        factors.push(join(&mut work.log_sums[at], top, sum));
                    }
                    for_each_tile!(piece.queries.len(), |R, from| {
                        let values = keys.values + kv * W;
                        let tile = weighted::<R, W>(&weights, padded, from, keys, &piece, values);
                        for (r, row) in tile.0.iter().enumerate() {
                            let token = start - first + from + r;
                            let out = &mut work.means[(token * heads.queries + head) * W..][..W];
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

/// Adds `sum` exponentials, relative to `top`, to those whose sum has the given
/// logarithm; how much the mean over those counts from now on, and how much each of
/// the new ones.
#[inline(always)]
fn join(log_sum: &mut f32, top: f32, sum: f32) -> (f32, f32) {
    let old = *log_sum;
    let new = sum.ln() + top;
    if old == f32::NEG_INFINITY {
        *log_sum = new;
        return (0.0, 1.0 / sum);
    }
    let high = old.max(new);
    *log_sum = high + ((old - high).exp() + (new - high).exp()).ln();
    ((old - *log_sum).exp(), (top - *log_sum).exp())
}

/// Scores of so few queries that transposing the keys would cost more.
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
