//! Right factors that are packed once for many products.

use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use rayon::prelude::*;

use crate::kernels::bfloat16::Instructions;
use crate::kernels::bfloat16::product::Right;
use crate::kernels::bfloat16::tensors::{operand, strided};
use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};
use crate::kernels::right_factor::RightFactor;

/// A right factor, `[terms, columns]`, in tiles.
#[derive(Debug)]
pub(in crate::kernels) struct Packed {
    instructions: Instructions,
    pub(super) terms: usize,
    pub(super) columns: usize,
    /// An even number of panels of columns, each with all terms.
    pub(super) tiles: Vec<Tile>,
}

impl Packed {
    /// Packs a matrix. `instructions` must be available.
    pub(in crate::kernels) fn new(instructions: Instructions, matrix: Tensor<Flex, 2>) -> Self {
        let matrix = strided(matrix);
        let operand = operand(&matrix, 1);
        let depth = operand.terms.div_ceil(TERMS).max(1);
        let pairs = operand.lanes.div_ceil(2 * LANES);
        let mut tiles = vec![Tile::default(); pairs * 2 * depth];
        let pairs = tiles.par_chunks_mut(2 * depth).enumerate();
        pairs.for_each(|(pair, tiles)| operand.pack(pair * 2 * LANES, depth, Order::ByPair, tiles));
        Self {
            instructions,
            terms: operand.terms,
            columns: operand.lanes,
            tiles,
        }
    }
}

impl RightFactor<Flex> for Packed {
    fn product(&self, left: Tensor<Flex, 2>) -> Tensor<Flex, 2> {
        let (rows, device) = (left.dims()[0], left.device());
        let left = strided(left);
        let product = (self.instructions).product(operand(&left, 0), Right::Packed(self));
        Tensor::from_data(TensorData::new(product, [rows, self.columns]), &device)
    }
}
