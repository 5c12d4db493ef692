//! Conversions between tensors and host memory.

use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};

/// Returns a tensor of indices.
pub(crate) fn indices<B: Backend>(
    values: impl Iterator<Item = usize>,
    device: &B::Device,
) -> Tensor<B, 1, Int> {
    let values: Vec<i32> = values.map(|value| value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// Returns the elements of a tensor in row-major order.
pub fn floats<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.into_vec().expect("it was converted to this type")
}
