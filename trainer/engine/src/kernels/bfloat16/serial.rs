//! Products on one thread, for loops that are parallel themselves.

use crate::kernels::bfloat16::panels::Panels;
use crate::kernels::bfloat16::tile::LANES;
use crate::kernels::bfloat16::{Instructions, amx, avx512};

impl Instructions {
    /// Multiplies `left`, `[rows, terms]`, with the first `columns` columns of `right`, which may
    /// have more terms. Calls `write` with parts of the product's rows: the row, the first column,
    /// and the values. `self` must be available.
    #[inline(always)]
    pub(in crate::kernels) fn multiply(
        self,
        left: &Panels,
        right: &Panels,
        columns: usize,
        mut write: impl FnMut(usize, usize, &[f32]),
    ) {
        let columns = columns.min(right.lanes);
        let mut block = [[0.0; 2 * LANES]; 2 * LANES];
        for top in (0..left.lanes).step_by(2 * LANES) {
            let rows = (left.lanes - top).min(2 * LANES);
            let left = &left.tiles[top / LANES * left.depth..][..2 * left.depth];
            let depth = left.len() / 2;
            for column in (0..columns).step_by(2 * LANES) {
                let panels = &right.tiles[column / LANES * right.depth..];
                let one = &panels[..depth];
                let two = &panels[right.depth..][..depth];
                match self {
                    Self::Amx => amx::multiply(left, one, two, &mut block),
                    Self::Avx512 => avx512::multiply(left, one, two, &mut block[..rows]),
                }
                let count = (columns - column).min(2 * LANES);
                for (row, values) in block[..rows].iter().enumerate() {
                    write(top + row, column, &values[..count]);
                }
            }
        }
    }
}
