//! Tensors of the CPU backend and their elements.

use burn::tensor::{Tensor, TensorData, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};

/// Returns the tensor in row-major order.
pub(super) fn contiguous<const D: usize>(tensor: Tensor<Flex, D>) -> FlexTensor {
    tensor.into_primitive().tensor().to_contiguous()
}

/// Returns the elements of a contiguous 32-bit float tensor.
pub(super) fn as_slice(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

/// Returns a tensor primitive of the given shape.
pub(super) fn flex_tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Returns a tensor of the given shape.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<Flex, D> {
    from_primitive(flex_tensor(values, shape))
}

/// Returns the tensor of a primitive.
pub(super) fn from_primitive<const D: usize>(tensor: FlexTensor) -> Tensor<Flex, D> {
    Tensor::from_primitive(TensorPrimitive::Float(tensor))
}
