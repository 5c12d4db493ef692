//! The matrix products of attention's blocks.

use std::ops::Range;

use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::tile::{
    Operand, ROWS, Tile, Transposed, for_each_tile, scores, weighted,
};
use crate::kernels::simd::{add_scaled, dots};

/// The matrix products of a block, in heads of width `W`.
pub(super) trait Products<const W: usize>: Default {
    /// The minimum number of rows from which on the layouts of the keys pay off.
    const ROWS: usize;

    /// A block's rows, laid out for [`Products::scores`].
    type ForScores<'a>;

    /// A block's rows, laid out for [`Products::sums`].
    type ForSums<'a>;

    /// Lays out the columns `start..start + W` of the block's keys.
    fn for_scores<'a>(
        &mut self,
        rows: KeyRows<'a>,
        block: &Block<'_>,
        start: usize,
    ) -> Self::ForScores<'a>;

    /// Lays out the columns `start..start + W` of the block's keys.
    fn for_sums<'a>(
        &mut self,
        rows: KeyRows<'a>,
        block: &Block<'_>,
        start: usize,
    ) -> Self::ForSums<'a>;

    /// Computes the products of the block's rows, `queries`, `[rows, W]`, with its keys: `[rows,
    /// keys]`, where keys may be padded. Products that no row sees may be left out. Returns the
    /// length of a row.
    fn scores(
        &mut self,
        queries: Operand<'_>,
        block: &Block<'_>,
        keys: &Self::ForScores<'_>,
        into: &mut Vec<f32>,
    ) -> usize;

    /// Computes for each row the sum over keys of `weights[row, key]` times the key's row.
    /// `weights`, `[rows, padded]`, is 0 for keys that a row does not see. Calls `write` with parts
    /// of the sums: the row, the first column, and the values.
    fn sums(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        rows: &Self::ForSums<'_>,
        write: impl FnMut(usize, usize, &[f32]),
    );
}

/// The products of a block that only gradients need.
pub(super) trait GradientProducts<const W: usize>: Products<W> {
    /// Adds to each key's row, `[keys, W]`, the sum over the block's rows, `queries`, of
    /// `weights[row, key]` times the row.
    fn add_by_key(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        queries: Operand<'_>,
        into: &mut [f32],
    );
}

/// Columns of key rows, from `start` on.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    rows: KeyRows<'a>,
    start: usize,
}

/// Products in 32 bits, in register tiles.
#[derive(Default)]
pub(super) struct Float32;

impl<const W: usize> Products<W> for Float32 {
    const ROWS: usize = 3;

    type ForScores<'a> = Transposed;
    type ForSums<'a> = Columns<'a>;

    #[inline(always)]
    fn for_scores<'a>(&mut self, rows: KeyRows<'a>, block: &Block<'_>, start: usize) -> Transposed {
        Transposed::new(rows, block, start, W)
    }

    #[inline(always)]
    fn for_sums<'a>(&mut self, rows: KeyRows<'a>, _: &Block<'_>, start: usize) -> Columns<'a> {
        Columns { rows, start }
    }

    #[inline(always)]
    fn scores(
        &mut self,
        queries: Operand<'_>,
        block: &Block<'_>,
        keys: &Transposed,
        into: &mut Vec<f32>,
    ) -> usize {
        scores(queries, W, block, keys, into);
        keys.padded
    }

    #[inline(always)]
    fn sums(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        columns: &Columns<'_>,
        mut write: impl FnMut(usize, usize, &[f32]),
    ) {
        for_each_tile!(block.rows(), |R, first| {
            let Columns { rows, start } = *columns;
            let tile = weighted::<R, W>(weights, padded, first, rows, block, start);
            for (r, row) in tile.0.iter().enumerate() {
                write(first + r, 0, row);
            }
        });
    }
}

impl<const W: usize> GradientProducts<W> for Float32 {
    #[inline(always)]
    fn add_by_key(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        queries: Operand<'_>,
        into: &mut [f32],
    ) {
        for_each_tile!(block.keys(), |R, key| {
            let Range { start, end } = block.that_see(key..key + R);
            if start < end {
                let left = Operand {
                    data: &weights[start * padded + key..],
                    by_row: 1,
                    by_term: padded,
                };
                let mut tile = Tile::<R, W>::zero();
                let right = &queries.data[start * queries.by_row..];
                tile.add(left, end - start, right, queries.by_row);
                for (r, row) in tile.0.iter().enumerate() {
                    add_scaled(&mut into[(key + r) * W..][..W], 1.0, row);
                }
            }
        });
    }
}

/// Products of few rows in 32 bits, from the key rows as they are.
#[derive(Default)]
pub(super) struct FewRows;

impl<const W: usize> Products<W> for FewRows {
    const ROWS: usize = 1;

    type ForScores<'a> = Columns<'a>;
    type ForSums<'a> = Columns<'a>;

    #[inline(always)]
    fn for_scores<'a>(&mut self, rows: KeyRows<'a>, _: &Block<'_>, start: usize) -> Columns<'a> {
        Columns { rows, start }
    }

    #[inline(always)]
    fn for_sums<'a>(&mut self, rows: KeyRows<'a>, _: &Block<'_>, start: usize) -> Columns<'a> {
        Columns { rows, start }
    }

    #[inline(always)]
    fn scores(
        &mut self,
        queries: Operand<'_>,
        block: &Block<'_>,
        Columns { rows, start }: &Columns<'_>,
        into: &mut Vec<f32>,
    ) -> usize {
        into.clear();
        into.resize(block.rows() * block.keys(), 0.0);
        for (row, scores) in into.chunks_exact_mut(block.keys()).enumerate() {
            let query = &queries.data[row * queries.by_row..][..W];
            let mut scores = scores;
            for run in block.runs(0..block.keys()) {
                let (own, rest) = scores.split_at_mut(run.len());
                let keys = &rows.data[run.start * rows.columns + start..];
                dots(query, keys, rows.columns, own);
                scores = rest;
            }
        }
        block.keys()
    }

    #[inline(always)]
    fn sums(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        columns: &Columns<'_>,
        write: impl FnMut(usize, usize, &[f32]),
    ) {
        Products::<W>::sums(&mut Float32, weights, padded, block, columns, write);
    }
}
