//! Products of whole operands.
#![allow(unsafe_code, reason = "threads write different columns of one matrix")]

use rayon::prelude::*;

use crate::kernels::bfloat16::tile::{LANES, TERMS, Tile};
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
        let mut packed = vec![Tile::default(); rows.div_ceil(LANES) * depth];
        let panels = packed.par_chunks_mut(depth.max(1)).enumerate();
        panels.for_each(|(panel, tiles)| left.pack_rows(panel * LANES, tiles));
        let mut product = vec![0.0; rows * columns];
        let out = Columns {
            start: product.as_mut_ptr(),
            columns,
        };
        let pairs = (0..columns.div_ceil(2 * LANES)).into_par_iter();
        pairs.for_each_init(
            || vec![Tile::default(); 2 * depth],
            |panels, pair| {
                let first = pair * 2 * LANES;
                let (one, two) = panels.split_at_mut(depth);
                right.pack_columns(first, one);
                right.pack_columns(first + LANES, two);
                let mut block = [[0.0; 2 * LANES]; 2 * LANES];
                for (number, left) in packed.chunks(2 * depth.max(1)).enumerate() {
                    match self {
                        Self::Amx => amx::multiply(left, one, two, &mut block),
                        Self::Avx512 => avx512::multiply(left, one, two, &mut block),
                    }
                    let start = number * 2 * LANES;
                    for (row, values) in (start..rows).zip(&block) {
                        out.write(row, first, &values[..(columns - first).min(2 * LANES)]);
                    }
                }
            },
        );
        product
    }
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
