//! Softmax-weighted means of values.

use rayon::prelude::*;

use super::super::lanes::{dot, exponentials, largest, vectorized};
use super::super::{Heads, Sight};
use super::{KeyRows, Operand, ROWS, Segment, Transposed, for_each_tile, scores, weighted};

/// What attention gives, and what its gradient needs.
#[derive(Debug)]
pub(in super::super) struct Attended {
    /// [tokens, query heads * width].
    pub(in super::super) means: Vec<f32>,
    /// Logarithm of each softmax's denominator, [tokens, query heads].
    pub(in super::super) log_sums: Vec<f32>,
}

/// One row's inputs and outputs.
struct RowWork<'a> {
    segments: &'a [Segment],
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
        log_sums: vec![0.0; layout.tokens.len() * heads],
    };
    let mut means = attended.means.as_mut_slice();
    let mut log_sums = attended.log_sums.as_mut_slice();
    let mut work = Vec::with_capacity(layout.rows.len());
    for row in &layout.rows {
        let tokens = layout.row_tokens(row).len();
        let (row_means, rest) = means.split_at_mut(tokens * heads * W);
        means = rest;
        let (row_log_sums, rest) = log_sums.split_at_mut(tokens * heads);
        log_sums = rest;
        work.push(RowWork {
            segments: &layout.segments[row.clone()],
            means: row_means,
            log_sums: row_log_sums,
        });
    }
    work.into_par_iter().for_each(|row| {
        vectorized(
            #[inline(always)]
            || one_row::<W>(row, sight.heads, rotated, keys),
        );
    });
    attended
}

#[inline(always)]
fn one_row<const W: usize>(work: RowWork<'_>, heads: Heads, rotated: &[f32], keys: KeyRows<'_>) {
    let scale = 1.0 / (W as f32).sqrt();
    let Some(first) = work.segments.first().map(|segment| segment.queries.start) else {
        return;
    };
    let shared = heads.queries / heads.keys;
    let mut weights = Vec::new();
    let mut sums = Vec::new();
    for segment in work.segments {
        for kv in 0..heads.keys {
            let few = segment.queries.len() * shared < ROWS;
            let transposed = (!few).then(|| Transposed::new(keys, segment, keys.keys + kv * W, W));
            for head in kv * shared..(kv + 1) * shared {
                let queries = Operand {
                    data: &rotated[segment.queries.start * heads.columns() + head * W..],
                    by_row: heads.columns(),
                    by_term: 1,
                };
                let padded = match &transposed {
                    Some(transposed) => {
                        scores(queries, W, segment, transposed, &mut weights);
                        transposed.padded
                    }
                    None => {
                        few_scores::<W>(queries, segment, keys, kv, &mut weights);
                        segment.keys()
                    }
                };
                sums.clear();
                for (j, row) in weights.chunks_exact_mut(padded).enumerate() {
                    let (seen, unseen) = row.split_at_mut(segment.visible(j));
                    let top = largest(seen);
                    let sum = exponentials(seen, scale, top * scale);
                    unseen.fill(0.0);
                    sums.push(1.0 / sum);
                    work.log_sums[(segment.queries.start - first + j) * heads.queries + head] =
                        sum.ln() + top * scale;
                }
                for_each_tile!(segment.queries.len(), |R, from| {
                    let tile = weighted::<R, W>(
                        &weights,
                        padded,
                        from,
                        keys,
                        segment,
                        keys.values + kv * W,
                    );
                    for (r, row) in tile.0.iter().enumerate() {
                        let token = segment.queries.start - first + from + r;
                        let out = &mut work.means[(token * heads.queries + head) * W..][..W];
                        for (out, value) in out.iter_mut().zip(row) {
                            *out = value * sums[from + r];
                        }
                    }
                });
            }
        }
    }
}

/// Scores of so few queries that transposing the keys would cost more.
#[inline(always)]
fn few_scores<const W: usize>(
    queries: Operand<'_>,
    segment: &Segment,
    keys: KeyRows<'_>,
    kv: usize,
    into: &mut Vec<f32>,
) {
    into.clear();
    for j in 0..segment.queries.len() {
        let query = &queries.data[j * queries.by_row..][..W];
        for range in [segment.prefix.clone(), segment.own.clone()] {
            for key in range {
                let row = &keys.data[key * keys.columns + keys.keys + kv * W..][..W];
                into.push(dot(query, row));
            }
        }
    }
}
