//! Products of tensors.

use burn::tensor::{DType, Tensor, TensorData};
use burn_flex::{Flex, FlexTensor};
use half::bf16;

use crate::kernels::bfloat16::product::Right;
use crate::kernels::bfloat16::{Elements, Instructions, Operand, Split};

impl Instructions {
    /// Computes `left` times `right`, each in 32 bits or in bfloat16. `self` must be available.
    ///
    /// # Panics
    /// Panics if AVX-512 shall split in three.
    pub(in crate::kernels) fn product_of_tensors(
        self,
        left: Tensor<Flex, 2>,
        right: Tensor<Flex, 2>,
        split: Split,
    ) -> Tensor<Flex, 2> {
        let (shape, device) = ([left.dims()[0], right.dims()[1]], left.device());
        let (left, right) = (strided(left), strided(right));
        let product = self.product(
            operand(&left, 0),
            Right::Elements(operand(&right, 1)),
            split,
        );
        Tensor::from_data(TensorData::new(product, shape), &device)
    }
}

/// Returns the tensor without negative strides.
pub(super) fn strided(tensor: Tensor<Flex, 2>) -> FlexTensor {
    let tensor = tensor.into_primitive().tensor();
    match tensor.layout().has_positive_strides() {
        true => tensor,
        false => tensor.to_contiguous(),
    }
}

/// Returns a matrix as a factor of a product, with the lanes in dimension `lanes`.
pub(super) fn operand(tensor: &FlexTensor, lanes: usize) -> Operand<'_> {
    let layout = tensor.layout();
    let start = layout.start_offset();
    let stride = |dimension: usize| layout.strides()[dimension].unsigned_abs();
    Operand {
        elements: match tensor.dtype() {
            DType::BF16 => Elements::BFloat16(&tensor.storage::<bf16>()[start..]),
            _ => Elements::Float32(&tensor.storage::<f32>()[start..]),
        },
        lanes: layout.shape()[lanes],
        terms: layout.shape()[1 - lanes],
        by_lane: stride(lanes),
        by_term: stride(1 - lanes),
    }
}
