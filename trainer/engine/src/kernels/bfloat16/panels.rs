//! Packed operands.

use rayon::prelude::*;

use crate::kernels::bfloat16::operand::{Operand, Split};
use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};

/// An operand in tiles: an even number of panels of lanes. Its memory is used again.
#[derive(Debug, Default)]
pub(in crate::kernels) struct Panels {
    /// Panel by panel.
    pub(super) tiles: Vec<Tile>,
    pub(super) lanes: usize,
    pub(super) terms: usize,
    /// The number of tiles of a panel.
    pub(super) depth: usize,
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

    /// Packs a right factor on all threads.
    pub(super) fn of_right(operand: Operand<'_>) -> Self {
        let depth = operand.terms.div_ceil(TERMS);
        let pairs = operand.lanes.div_ceil(2 * LANES);
        let mut tiles = vec![Tile::default(); pairs * 2 * depth];
        let pairs = tiles.par_chunks_mut((2 * depth).max(1)).enumerate();
        pairs.for_each(|(pair, tiles)| {
            operand.pack(
                pair * 2 * LANES,
                depth,
                Split::Nearest,
                Order::ByPair,
                tiles,
            );
        });
        Self {
            tiles,
            lanes: operand.lanes,
            terms: operand.terms,
            depth,
        }
    }

    fn pack(&mut self, operand: Operand<'_>, order: Order) {
        self.lanes = operand.lanes;
        self.terms = operand.terms;
        self.depth = operand.terms.div_ceil(TERMS);
        let panels = operand.lanes.div_ceil(2 * LANES) * 2;
        // Packing overwrites every tile.
        self.tiles.resize(panels * self.depth, Tile::default());
        operand.pack(0, self.depth, Split::Nearest, order, &mut self.tiles);
    }
}
