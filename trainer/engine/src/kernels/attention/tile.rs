//! Matrix products of a block, in tiles that stay in registers.
#![allow(
    unsafe_code,
    reason = "vectors are read from slices by pointers; lengths are checked before"
)]

use std::array;
use std::ops::Range;

use macerator::{Arch, Scalar, Simd, Vector, WithSimd, vload_unaligned, vstore_unaligned};

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
        Arch::new().dispatch(Add {
            tile: self,
            left,
            terms,
            right,
            columns,
        });
    }
}

/// The arguments of [`Tile::add`]. Left to the compiler, the sums do not stay in registers.
struct Add<'a, const R: usize, const W: usize> {
    tile: &'a mut Tile<R, W>,
    left: Operand<'a>,
    terms: usize,
    right: &'a [f32],
    columns: usize,
}

impl<const R: usize, const W: usize> WithSimd for Add<'_, R, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self) {
        let Some(last) = self.terms.checked_sub(1) else {
            return;
        };
        let left = (R - 1) * self.left.by_row + last * self.left.by_term;
        assert!(left < self.left.data.len(), "a left factor is too short");
        let right = last * self.columns + W;
        assert!(right <= self.right.len(), "a right factor is too short");
        let lanes = f32::lanes::<S>();
        let mut column = 0;
        while column + 2 * lanes <= W {
            self.panel::<S, 2>(column);
            column += 2 * lanes;
        }
        while column + lanes <= W {
            self.panel::<S, 1>(column);
            column += lanes;
        }
        self.narrow(column);
    }
}

impl<const R: usize, const W: usize> Add<'_, R, W> {
    /// Adds to the `P` vectors of each row from `column` on, which the tile must have.
    #[inline(always)]
    fn panel<S: Simd, const P: usize>(&mut self, column: usize) {
        let lanes = f32::lanes::<S>();
        let rows = &mut self.tile.0;
        debug_assert!(column + P * lanes <= W);
        let mut sums: [[Vector<S, f32>; P]; R] = array::from_fn(|r| {
            // SAFETY: the row has these columns.
            array::from_fn(|p| unsafe { vload_unaligned(rows[r].as_ptr().add(column + p * lanes)) })
        });
        for term in 0..self.terms {
            // SAFETY: both factors have all terms, as `with_simd` found.
            let (values, factors) = unsafe {
                let row = self.right.as_ptr().add(term * self.columns + column);
                let values: [Vector<S, f32>; P] =
                    array::from_fn(|p| vload_unaligned(row.add(p * lanes)));
                let factor = self.left.data.as_ptr().add(term * self.left.by_term);
                let factors: [f32; R] = array::from_fn(|r| *factor.add(r * self.left.by_row));
                (values, factors)
            };
            for (sums, factor) in sums.iter_mut().zip(factors) {
                let factor: Vector<S, f32> = factor.splat();
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = factor.mul_add(value, *sum);
                }
            }
        }
        for (row, sums) in rows.iter_mut().zip(sums) {
            for (p, sum) in sums.into_iter().enumerate() {
                // SAFETY: the row has these columns.
                unsafe { vstore_unaligned(row.as_mut_ptr().add(column + p * lanes), sum) };
            }
        }
    }

    /// Adds to the columns from `first` on, which are too few for a vector.
    #[inline(always)]
    fn narrow(&mut self, first: usize) {
        for column in first..W {
            for term in 0..self.terms {
                let value = self.right[term * self.columns + column];
                for (r, row) in self.tile.0.iter_mut().enumerate() {
                    let at = r * self.left.by_row + term * self.left.by_term;
                    row[column] = self.left.data[at].mul_add(value, row[column]);
                }
            }
        }
    }
}

/// Runs `$body` with `$R` and `$first` for tiles of rows that cover `$count`: full tiles, then
/// one of the rows that are left.
macro_rules! for_each_tile {
    ($count:expr, |$R:ident, $first:ident| $body:block) => {{
        let count = $count;
        let full = count - count % ROWS;
        for $first in (0..full).step_by(ROWS) {
            const $R: usize = ROWS;
            $body
        }
        let $first = full;
        match count - full {
            1 => {
                const $R: usize = 1;
                $body
            }
            2 => {
                const $R: usize = 2;
                $body
            }
            3 => {
                const $R: usize = 3;
                $body
            }
            _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |at| ((at * 37 + seed) % 101) as f32 / 16.0 - 3.0;
        (0..count).map(number).collect()
    }

    fn adds_term_by_term<const R: usize, const W: usize>() {
        for (terms, spare) in [(0, 0), (1, 0), (7, 5)] {
            let columns = W + spare;
            let right = numbers(terms * columns, 1);
            let left = numbers(R * terms, 2);
            for (by_row, by_term) in [(terms, 1), (1, R)] {
                let left = Operand {
                    data: &left,
                    by_row,
                    by_term,
                };
                let mut tile = Tile::<R, W>([[0.5; W]; R]);
                tile.add(left, terms, &right, columns);
                for (r, row) in tile.0.iter().enumerate() {
                    for (column, sum) in row.iter().enumerate() {
                        let exact = (0..terms).fold(0.5f32, |sum, term| {
                            let factor = left.data[r * by_row + term * by_term];
                            factor.mul_add(right[term * columns + column], sum)
                        });
                        assert_eq!(*sum, exact, "{R} x {W}, {terms} terms, ({r}, {column})");
                    }
                }
            }
        }
    }

    #[test]
    fn every_sum_is_taken_term_by_term() {
        adds_term_by_term::<1, 8>();
        adds_term_by_term::<2, 16>();
        adds_term_by_term::<3, 32>();
        adds_term_by_term::<4, 64>();
        adds_term_by_term::<3, 24>();
        adds_term_by_term::<4, 256>();
    }

    #[test]
    #[should_panic(expected = "a right factor is too short")]
    fn a_factor_that_is_too_short_is_refused() {
        let left = Operand {
            data: &[1.0; 3],
            by_row: 3,
            by_term: 1,
        };
        Tile::<1, 16>::zero().add(left, 3, &[1.0; 47], 16);
    }
}
