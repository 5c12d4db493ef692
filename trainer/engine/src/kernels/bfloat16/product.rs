//! Products of whole operands.
#![allow(unsafe_code, reason = "threads write different columns of one matrix")]

use std::cell::Cell;

use rayon::prelude::*;

use crate::kernels::bfloat16::panels::Panels;
use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};
use crate::kernels::bfloat16::{Instructions, Operand, Split, amx, avx512};

/// The right factor of a product.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right<'a> {
    Elements(Operand<'a>),
    Packed(&'a Panels),
}

impl Right<'_> {
    fn terms(&self) -> usize {
        match self {
            Self::Elements(operand) => operand.terms,
            Self::Packed(panels) => panels.terms,
        }
    }

    fn columns(&self) -> usize {
        match self {
            Self::Elements(operand) => operand.lanes,
            Self::Packed(panels) => panels.lanes,
        }
    }

    /// Returns `panels` panels of columns, from the column `first` on. `fresh` holds those that are
    /// packed for this product.
    fn panels<'b>(
        &'b self,
        first: usize,
        panels: usize,
        depth: usize,
        split: Split,
        fresh: &'b mut Vec<Tile>,
    ) -> &'b [Tile] {
        match self {
            Self::Elements(operand) => {
                // Packing overwrites every tile.
                fresh.resize(panels * depth * split.parts(), Tile::default());
                operand.pack(first, depth, split, Order::ByPair, fresh);
                fresh
            }
            Self::Packed(packed) => &packed.tiles[first / LANES * depth..][..panels * depth],
        }
    }
}

thread_local! {
    /// The tiles of the last left factor, kept because fresh memory costs more than packing.
    static LEFT: Cell<Vec<Tile>> = const { Cell::new(Vec::new()) };
}

impl Instructions {
    /// Computes the product of `left`, `[rows, terms]`, and `right`, `[terms, columns]`:
    /// `[rows, columns]` in row-major order. `self` must be available.
    ///
    /// # Panics
    /// Panics if the operands have different numbers of terms, or if a packed operand or AVX-512
    /// shall be split in three.
    pub(super) fn product(self, left: Operand<'_>, right: Right<'_>, split: Split) -> Vec<f32> {
        assert_eq!(left.terms, right.terms(), "operands of one product");
        let is_packed = matches!(right, Right::Packed(_));
        let splits = self == Self::Amx && !is_packed;
        assert!(splits || split == Split::Nearest, "operands in one part");
        let (rows, columns) = (left.lanes, right.columns());
        let depth = left.terms.div_ceil(TERMS);
        if depth == 0 {
            return vec![0.0; rows * columns];
        }
        // The number of tiles of a panel.
        let length = depth * split.parts();
        let mut packed = LEFT.take();
        packed.resize(rows.div_ceil(2 * LANES) * 2 * length, Tile::default());
        let panels = packed.par_chunks_mut(length).enumerate();
        panels.with_min_len(2).for_each(|(panel, tiles)| {
            left.pack(panel * LANES, depth, split, Order::ByLane, tiles);
        });
        let mut product = Vec::with_capacity(rows * columns);
        let out = Columns {
            start: product.as_mut_ptr(),
            columns,
        };
        let width = chunk_width(columns, length);
        (0..columns.div_ceil(width))
            .into_par_iter()
            .for_each_init(Vec::new, |fresh, number| {
                let first = number * width;
                let panels = width.min(columns - first).div_ceil(2 * LANES) * 2;
                let chunk = right.panels(first, panels, depth, split, fresh);
                let mut block = [[0.0; 2 * LANES]; 2 * LANES];
                for (pair, left) in packed.chunks_exact(2 * length).enumerate() {
                    let top = pair * 2 * LANES;
                    let count = (rows - top).min(2 * LANES);
                    for (pair, right) in chunk.chunks_exact(2 * length).enumerate() {
                        let (one, two) = right.split_at(length);
                        match (self, split) {
                            (Self::Amx, Split::Nearest) => {
                                amx::multiply(left, one, two, &mut block);
                            }
                            (Self::Amx, Split::Three) => {
                                amx::multiply_parts(left, one, two, &mut block);
                            }
                            (Self::Avx512, _) => {
                                avx512::multiply(left, one, two, &mut block[..count]);
                            }
                        }
                        let column = first + pair * 2 * LANES;
                        let width = (columns - column).min(2 * LANES);
                        for (row, values) in block[..count].iter().enumerate() {
                            out.write(top + row, column, &values[..width]);
                        }
                    }
                }
            });
        LEFT.set(packed);
        // SAFETY: the chunks wrote every column of every row.
        unsafe { product.set_len(rows * columns) };
        product
    }
}

/// The maximum number of tiles of a chunk of columns, 768 KiB: they stay in a core's cache.
const CHUNK_TILES: usize = 768;

/// The maximum number of pairs of panels of a chunk of columns. One row of a chunk is 1 KiB.
const CHUNK_PAIRS: usize = 8;

/// Returns the number of columns, in panels of `length` tiles, that a task multiplies: as many as
/// stay in the cache, but not so many that threads wait for each other.
fn chunk_width(columns: usize, length: usize) -> usize {
    let cached = CHUNK_TILES / (2 * length);
    let shared = columns.div_ceil(2 * LANES * 2 * rayon::current_num_threads());
    cached.min(shared).clamp(1, CHUNK_PAIRS) * 2 * LANES
}

/// A matrix in row-major order whose columns several threads write.
struct Columns {
    start: *mut f32,
    columns: usize,
}

// SAFETY: threads write different columns.
unsafe impl Sync for Columns {}

impl Columns {
    fn write(&self, row: usize, column: usize, values: &[f32]) {
        // SAFETY: `row` and `column + values.len()` are within the matrix, and no other thread
        // writes these columns.
        unsafe {
            let into = self.start.add(row * self.columns + column);
            std::ptr::copy_nonoverlapping(values.as_ptr(), into, values.len());
        }
    }
}
