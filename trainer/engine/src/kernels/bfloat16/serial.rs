//! Products on one thread, for loops that are parallel themselves.

use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};
use crate::kernels::bfloat16::{Instructions, Operand, amx, avx512};

/// An operand in tiles: an even number of panels of lanes. Its memory is used again.
#[derive(Debug, Default)]
pub(in crate::kernels) struct Panels {
    tiles: Vec<Tile>,
    lanes: usize,
    /// The number of tiles of a panel.
    depth: usize,
}

impl Panels {
    /// Packs a left factor; its lanes are rows.
    pub(in crate::kernels) fn pack_left(&mut self, operand: Operand<'_>) {
        self.pack(operand, Order::ByLane);
    }

    /// Packs a right factor; its lanes are columns.
    pub(in crate::kernels) fn pack_right(&mut self, operand: Operand<'_>) {
        self.pack(operand, Order::ByPair);
    }

    fn pack(&mut self, operand: Operand<'_>, order: Order) {
        self.lanes = operand.lanes;
        self.depth = operand.terms.div_ceil(TERMS);
        let panels = operand.lanes.div_ceil(2 * LANES) * 2;
        // Packing overwrites every tile.
        self.tiles.resize(panels * self.depth, Tile::default());
        operand.pack(0, self.depth, order, &mut self.tiles);
    }
}

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
