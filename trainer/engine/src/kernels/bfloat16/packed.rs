//! Right factors that are packed once for many products.

use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;

use crate::kernels::bfloat16::panels::Panels;
use crate::kernels::bfloat16::product::Right;
use crate::kernels::bfloat16::tensors::{operand, strided};
use crate::kernels::bfloat16::{Instructions, Split};
use crate::kernels::right_factor::RightFactor;

/// A right factor, `[terms, columns]`, in tiles.
#[derive(Debug)]
pub(in crate::kernels) struct Packed {
    instructions: Instructions,
    panels: Panels,
}

impl Packed {
    /// Packs a matrix. `instructions` must be available.
    pub(in crate::kernels) fn new(instructions: Instructions, matrix: Tensor<Flex, 2>) -> Self {
        let matrix = strided(matrix);
        Self {
            instructions,
            panels: Panels::of_right(operand(&matrix, 1)),
        }
    }
}

impl RightFactor<Flex> for Packed {
    fn product(&self, left: Tensor<Flex, 2>) -> Tensor<Flex, 2> {
        let (shape, device) = ([left.dims()[0], self.panels.lanes], left.device());
        let left = strided(left);
        let right = Right::Packed(&self.panels);
        let product = self
            .instructions
            .product(operand(&left, 0), right, Split::Nearest);
        Tensor::from_data(TensorData::new(product, shape), &device)
    }
}
