//! Products of whole operands.
#![allow(unsafe_code, reason = "threads write different columns of one matrix")]

use rayon::prelude::*;

use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};
use crate::kernels::bfloat16::{Instructions, Operand, amx, avx512};

impl Instructions {
    /// Computes the product of `left`, `[rows, terms]`, and `right`, `[terms, columns]`:
    /// `[rows, columns]` in row-major order. `self` must be available.
    ///
    /// # Panics
    /// Panics if the operands have different numbers of terms.
    pub(super) fn product(self, left: Operand<'_>, right: Operand<'_>) -> Vec<f32> {
        assert_eq!(left.terms, right.terms, "operands of one product");
        let (rows, columns) = (left.lanes, right.lanes);
        let depth = left.terms.div_ceil(TERMS);
        if depth == 0 {
            return vec![0.0; rows * columns];
        }
        let mut packed = vec![Tile::default(); rows.div_ceil(LANES) * depth];
        let panels = packed.par_chunks_mut(depth).enumerate();
        panels.for_each(|(panel, tiles)| left.pack(panel * LANES, depth, Order::ByLane, tiles));
        let mut product = vec![0.0; rows * columns];
        let out = Columns {
            start: product.as_mut_ptr(),
            columns,
        };
        let width = chunk_width(columns, depth);
        (0..columns.div_ceil(width))
            .into_par_iter()
            .for_each(|number| {
                let first = number * width;
                let panels = width.min(columns - first).div_ceil(2 * LANES) * 2;
                let mut chunk = vec![Tile::default(); panels * depth];
                right.pack(first, depth, Order::ByPair, &mut chunk);
                let mut block = [[0.0; 2 * LANES]; 2 * LANES];
                for (pair, left) in packed.chunks(2 * depth).enumerate() {
                    let top = pair * 2 * LANES;
                    for (pair, right) in chunk.chunks_exact(2 * depth).enumerate() {
                        let (one, two) = right.split_at(depth);
                        match self {
                            Self::Amx => amx::multiply(left, one, two, &mut block),
                            Self::Avx512 => avx512::multiply(left, one, two, &mut block),
                        }
                        let column = first + pair * 2 * LANES;
                        let count = (columns - column).min(2 * LANES);
                        for (row, values) in (top..rows).zip(&block) {
                            out.write(row, column, &values[..count]);
                        }
                    }
                }
            });
        product
    }
}

/// The maximum number of tiles of a chunk of columns, 768 KiB: they stay in a core's cache.
const CHUNK_TILES: usize = 768;

/// The maximum number of pairs of panels of a chunk of columns. One row of a chunk is 1 KiB.
const CHUNK_PAIRS: usize = 8;

/// Returns the number of columns that a task multiplies: as many as stay in the cache, but not so
/// many that threads wait for each other.
fn chunk_width(columns: usize, depth: usize) -> usize {
    let cached = CHUNK_TILES / (2 * depth);
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
