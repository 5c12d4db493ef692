//! The gradient of attention. With weights p, output o and its gradient g:
//! dv = pᵀ g, ds = p (g vᵀ - g·o) scale, dq = ds k, dk = dsᵀ q.

use rayon::prelude::*;

use super::super::lanes::{add_scaled, dot, exponentials, vectorized};
use super::super::{Heads, Sight};
use super::{
    KeyRows, Operand, ROWS, Remembered, Segment, Tile, Transposed, for_each_tile, scores, weighted,
};

/// What all rows share.
#[derive(Clone, Copy)]
struct Known<'a> {
    heads: Heads,
    keys: KeyRows<'a>,
    remembered: Remembered<'a>,
    grad: &'a [f32],
}

/// Gradient of the rotated rows [queries | keys | values], given that of the
/// means.
pub(super) fn backward<const W: usize>(
    sight: &Sight,
    remembered: Remembered<'_>,
    grad: &[f32],
) -> Vec<f32> {
    let layout = &sight.layout;
    let columns = sight.heads.columns();
    let known = Known {
        heads: sight.heads,
        keys: sight.heads.key_rows(remembered.rotated),
        remembered,
        grad,
    };
    let mut rotated_grad = vec![0.0; remembered.rotated.len()];
    let mut rest = rotated_grad.as_mut_slice();
    let mut work = Vec::with_capacity(layout.rows.len());
    for row in &layout.rows {
        let (out, after) = rest.split_at_mut(layout.row_tokens(row).len() * columns);
        rest = after;
        work.push((&layout.segments[row.clone()], out));
    }
    work.into_par_iter().for_each(|(segments, out)| {
        vectorized(
            #[inline(always)]
            || one_row::<W>(segments, known, out),
        );
    });
    rotated_grad
}

#[inline(always)]
fn one_row<const W: usize>(segments: &[Segment], known: Known<'_>, out: &mut [f32]) {
    let Known {
        heads,
        keys,
        remembered,
        grad,
    } = known;
    let scale = 1.0 / (W as f32).sqrt();
    let columns = heads.columns();
    let Some(first) = segments.first().map(|segment| segment.queries.start) else {
        return;
    };
    let shared = heads.queries / heads.keys;
    let (mut weights, mut slopes) = (Vec::new(), Vec::new());
    for segment in segments {
        let start = segment.queries.start;
        let count = segment.keys();
        for kv in 0..heads.keys {
            let transposed_keys = Transposed::new(keys, segment, keys.keys + kv * W, W);
            let transposed_values = Transposed::new(keys, segment, keys.values + kv * W, W);
            let padded = transposed_keys.padded;
            let mut keys_grad = vec![0.0f32; count * W];
            let mut values_grad = vec![0.0f32; count * W];
            for head in kv * shared..(kv + 1) * shared {
                let queries = Operand {
                    data: &keys.data[start * columns + head * W..],
                    by_row: columns,
                    by_term: 1,
                };
                let grads = Operand {
                    data: &grad[(start * heads.queries + head) * W..],
                    by_row: heads.queries * W,
                    by_term: 1,
                };
                scores(queries, W, segment, &transposed_keys, &mut weights);
                scores(grads, W, segment, &transposed_values, &mut slopes);
                let rows = weights
                    .chunks_exact_mut(padded)
                    .zip(slopes.chunks_exact_mut(padded));
                for (j, (weights, slopes)) in rows.enumerate() {
                    let at = (start + j) * heads.queries + head;
                    let (weights, unseen) = weights.split_at_mut(segment.visible(j));
                    unseen.fill(0.0);
                    exponentials(weights, scale, remembered.log_sums[at]);
                    let mean_slope = dot(&remembered.means[at * W..][..W], &grad[at * W..][..W]);
                    let (slopes, unseen) = slopes.split_at_mut(segment.visible(j));
                    unseen.fill(0.0);
                    for (slope, weight) in slopes.iter_mut().zip(weights) {
                        *slope = *weight * (*slope - mean_slope) * scale;
                    }
                }
                for_each_tile!(segment.queries.len(), |R, from| {
                    let tile =
                        weighted::<R, W>(&slopes, padded, from, keys, segment, keys.keys + kv * W);
                    for (r, row) in tile.0.iter().enumerate() {
                        let token = start - first + from + r;
                        out[token * columns + head * W..][..W].copy_from_slice(row);
                    }
                });
                by_key::<W>(&slopes, padded, segment, queries, &mut keys_grad);
                by_key::<W>(&weights, padded, segment, grads, &mut values_grad);
            }
            let seen = segment.prefix.clone().chain(segment.own.clone());
            for (at, key) in seen.enumerate() {
                let row = &mut out[(key - first) * columns..][..columns];
                let part = at * W..(at + 1) * W;
                add_scaled(
                    &mut row[keys.keys + kv * W..][..W],
                    1.0,
                    &keys_grad[part.clone()],
                );
                add_scaled(
                    &mut row[keys.values + kv * W..][..W],
                    1.0,
                    &values_grad[part],
                );
            }
        }
    }
}

/// Adds to each key's row the sum over queries of `weights[query, key]` times
/// the query's row.
#[inline(always)]
fn by_key<const W: usize>(
    weights: &[f32],
    padded: usize,
    segment: &Segment,
    queries: Operand<'_>,
    into: &mut [f32],
) {
    let (keys, count) = (segment.keys(), segment.queries.len());
    for_each_tile!(keys, |R, key| {
        // The first query that sees any of these keys.
        let from = (key + count).saturating_sub(keys);
        let left = Operand {
            data: &weights[from * padded + key..],
            by_row: 1,
            by_term: padded,
        };
        let mut tile = Tile::<R, W>::zero();
        let right = &queries.data[from * queries.by_row..];
        tile.add(left, count - from, right, queries.by_row);
        for (r, row) in tile.0.iter().enumerate() {
            add_scaled(&mut into[(key + r) * W..][..W], 1.0, row);
        }
    });
}
