//! The matrix products of attention's blocks, rounded to bfloat16, with 32-bit sums.

use crate::kernels::attention::blocks::Block;
use crate::kernels::attention::key_rows::KeyRows;
use crate::kernels::attention::products::{GradientProducts, Products};
use crate::kernels::attention::tile::{KEYS, Operand};
use crate::kernels::bfloat16::{self, Elements, Instructions, Panels};
use crate::kernels::simd::add_scaled;

/// Products of tiles, by instructions that must be available.
pub(super) struct BFloat16 {
    instructions: Instructions,
    rows: Vec<f32>,
    left: Panels,
    right: Panels,
}

impl Default for BFloat16 {
    fn default() -> Self {
        let fastest = Instructions::available().next();
        Self {
            instructions: fastest.expect("instructions for bfloat16"),
            rows: Vec::new(),
            left: Panels::default(),
            right: Panels::default(),
        }
    }
}

impl BFloat16 {
    /// Copies the columns `start..start + W` of the block's keys, `[keys, W]`.
    #[inline(always)]
    fn gather<const W: usize>(&mut self, rows: KeyRows<'_>, block: &Block<'_>, start: usize) {
        self.rows.clear();
        for key in block.each_key() {
            let row = &rows.data[key * rows.columns + start..][..W];
            self.rows.extend_from_slice(row);
        }
    }
}

/// Returns a factor whose lanes are the rows of a matrix.
fn by_row(data: &[f32], rows: usize, columns: usize, stride: usize) -> bfloat16::Operand<'_> {
    bfloat16::Operand {
        elements: Elements::Float32(data),
        lanes: rows,
        terms: columns,
        by_lane: stride,
        by_term: 1,
    }
}

/// Returns a factor whose lanes are the columns of a matrix.
fn by_column(data: &[f32], rows: usize, columns: usize, stride: usize) -> bfloat16::Operand<'_> {
    bfloat16::Operand {
        elements: Elements::Float32(data),
        lanes: columns,
        terms: rows,
        by_lane: 1,
        by_term: stride,
    }
}

impl<const W: usize> Products<W> for BFloat16 {
    const ROWS: usize = 32;

    type ForScores<'a> = Panels;
    type ForSums<'a> = Panels;

    #[inline(always)]
    fn for_scores<'a>(&mut self, rows: KeyRows<'a>, block: &Block<'_>, start: usize) -> Panels {
        self.gather::<W>(rows, block, start);
        let mut panels = Panels::default();
        panels.pack_right(by_row(&self.rows, block.keys(), W, W));
        panels
    }

    #[inline(always)]
    fn for_sums<'a>(&mut self, rows: KeyRows<'a>, block: &Block<'_>, start: usize) -> Panels {
        self.gather::<W>(rows, block, start);
        let mut panels = Panels::default();
        panels.pack_right(by_column(&self.rows, block.keys(), W, W));
        panels
    }

    #[inline(always)]
    fn scores(
        &mut self,
        queries: Operand<'_>,
        block: &Block<'_>,
        keys: &Panels,
        into: &mut Vec<f32>,
    ) -> usize {
        let count = block.rows();
        let padded = block.keys().next_multiple_of(KEYS);
        into.clear();
        into.resize(count * padded, 0.0);
        self.left
            .pack_left(by_row(queries.data, count, W, queries.by_row));
        let visible = block.visible(count - 1).end;
        let copy = |row: usize, column: usize, values: &[f32]| {
            into[row * padded + column..][..values.len()].copy_from_slice(values);
        };
        self.instructions.multiply(&self.left, keys, visible, copy);
        padded
    }

    #[inline(always)]
    fn sums(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        rows: &Panels,
        write: impl FnMut(usize, usize, &[f32]),
    ) {
        let count = block.rows();
        let visible = block.visible(count - 1).end;
        self.left.pack_left(by_row(weights, count, visible, padded));
        self.instructions.multiply(&self.left, rows, W, write);
    }
}

impl<const W: usize> GradientProducts<W> for BFloat16 {
    #[inline(always)]
    fn add_by_key(
        &mut self,
        weights: &[f32],
        padded: usize,
        block: &Block<'_>,
        queries: Operand<'_>,
        into: &mut [f32],
    ) {
        let count = block.rows();
        let visible = block.visible(count - 1).end;
        self.left
            .pack_left(by_column(weights, count, visible, padded));
        self.right
            .pack_right(by_column(queries.data, count, W, queries.by_row));
        let add = |row: usize, column: usize, values: &[f32]| {
            add_scaled(&mut into[row * W + column..][..values.len()], 1.0, values);
        };
        let (left, right) = (&self.left, &self.right);
        self.instructions.multiply(left, right, W, add);
    }
}
