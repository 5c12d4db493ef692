//! The visitor of trained parameters.

use burn::tensor::Tensor;

use crate::kernels::Kernels;

/// A visitor that maps every trained parameter to another of the same shape.
pub trait Rewrite<B: Kernels> {
    /// Returns the new parameter. `name` is unique; the order of calls is fixed.
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D>;
}
