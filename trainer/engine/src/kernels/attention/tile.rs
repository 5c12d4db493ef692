//! Matrix products of a block, in tiles that stay in registers.

use std::ops::Range;

use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::transpose::{SIDE, transpose_floats};

/// The number of output rows that share the loads of a tile.
pub(super) const ROWS: usize = 4;

/// The number of keys in a tile of scores.
pub(super) const KEYS: usize = 32;

/// A matrix operand. The element (row, term) is at `row * by_row + term * by_term`.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    pub(super) data: &'a [f32],
    pub(super) by_row: usize,
    pub(super) by_term: usize,
}

/// `R` rows of `W` sums that stay in registers.
pub(super) struct Tile<const R: usize, const W: usize>(pub(super) [[f32; W]; R]);

impl<const R: usize, const W: usize> Tile<R, W> {
    #[inline(always)]
    pub(super) fn zero() -> Self {
        Self([[0.0; W]; R])
    }

    /// Adds `left`, `[R, terms]`, times `right`, whose `terms` rows of `W` are `columns` apart.
    #[inline(always)]
    pub(super) fn add(&mut self, left: Operand<'_>, terms: usize, right: &[f32], columns: usize) {
        for term in 0..terms {
            let row = &right[term * columns..][..W];
            for (r, sums) in self.0.iter_mut().enumerate() {
                let factor = left.data[r * left.by_row + term * left.by_term];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum = factor.mul_add(*value, *sum);
                }
            }
        }
    }
}

/// Runs `$body` with `$R` and `$first` for tiles of rows that cover `$count`: full tiles, then
/// single rows.
macro_rules! for_each_tile {
    ($count:expr, |$R:ident, $first:ident| $body:block) => {{
        let count = $count;
        let full = count - count % ROWS;
        for $first in (0..full).step_by(ROWS) {
            const $R: usize = ROWS;
            $body
        }
        for $first in full..count {
            const $R: usize = 1;
            $body
        }
    }};
}
pub(super) use for_each_tile;

/// A part of a block's keys or values, stored column by column and padded with zeros to a multiple
/// of [`KEYS`].
pub(super) struct Transposed {
    pub(super) data: Vec<f32>,
    /// The number of keys, with padding.
    pub(super) padded: usize,
}

impl Transposed {
    /// Transposes the columns `start..start + width` of the block's keys.
    #[inline(always)]
    pub(super) fn new(rows: KeyRows<'_>, block: &Block<'_>, start: usize, width: usize) -> Self {
        let padded = block.keys().next_multiple_of(KEYS);
        let mut data = vec![0.0; width * padded];
        let mut keys = block.each_key();
        for at in (0..block.keys()).step_by(SIDE) {
            let mut origins = [0; SIDE];
            let count = SIDE.min(block.keys() - at);
            for (origin, key) in origins[..count].iter_mut().zip(&mut keys) {
                *origin = key * rows.columns + start;
            }
            for column in (0..width).step_by(SIDE) {
                let part = SIDE.min(width - column);
                let mut square = [[0.0; SIDE]; SIDE];
                for (row, origin) in square.iter_mut().zip(&origins[..count]) {
                    row[..part].copy_from_slice(&rows.data[origin + column..][..part]);
                }
                transpose_floats(&mut square);
                for (column, row) in (column..).zip(&square[..part]) {
                    data[column * padded + at..][..SIDE].copy_from_slice(row);
                }
            }
        }
        Self { data, padded }
    }
}

/// Computes the products of the block's rows, `queries`, with its keys, `[rows, padded]`. Products
/// that no row sees are not computed.
#[inline(always)]
pub(super) fn scores(
    queries: Operand<'_>,
    width: usize,
    block: &Block<'_>,
    keys: &Transposed,
    into: &mut Vec<f32>,
) {
    let padded = keys.padded;
    into.clear();
    into.resize(block.rows() * padded, 0.0);
    for_each_tile!(block.rows(), |R, first| {
        let left = Operand {
            data: &queries.data[first * queries.by_row..],
            ..queries
        };
        let start = block.visible(first).start / KEYS * KEYS;
        for key in (start..block.visible(first + R - 1).end).step_by(KEYS) {
            let mut tile = Tile::<R, KEYS>::zero();
            tile.add(left, width, &keys.data[key..], padded);
            for (r, sums) in tile.0.iter().enumerate() {
                into[(first + r) * padded + key..][..KEYS].copy_from_slice(sums);
            }
        }
    });
}

/// Returns the part `visible` of a row, and sets the rest to 0.
#[inline(always)]
pub(super) fn only(visible: Range<usize>, row: &mut [f32]) -> &mut [f32] {
    row[..visible.start].fill(0.0);
    row[visible.end..].fill(0.0);
    &mut row[visible]
}

/// Returns weighted sums. Row r is the sum over keys of `weights[first + r, key]` times the key's
/// columns from `start`. `weights` is `[rows, padded]`, and 0 for keys that a row does not see.
#[inline(always)]
pub(super) fn weighted<const R: usize, const W: usize>(
    weights: &[f32],
    padded: usize,
    first: usize,
    rows: KeyRows<'_>,
    block: &Block<'_>,
    start: usize,
) -> Tile<R, W> {
    let visible = block.visible(first).start..block.visible(first + R - 1).end;
    let mut tile = Tile::zero();
    let mut skipped = visible.start;
    for run in block.runs(visible) {
        let left = Operand {
            data: &weights[first * padded + skipped..],
            by_row: padded,
            by_term: 1,
        };
        let right = &rows.data[run.start * rows.columns + start..];
        tile.add(left, run.len(), right, rows.columns);
        skipped += run.len();
    }
    tile
}
