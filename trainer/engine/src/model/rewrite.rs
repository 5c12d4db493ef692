//! Parameters, one after the other.

use burn::tensor::Tensor;

use crate::kernels::Kernels;

/// What turns every parameter that is trained into another of the same shape.
pub trait Rewrite<B: Kernels> {
    /// The new parameter. `name` tells it from all others; the order of calls is
    /// fixed.
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D>;
}
