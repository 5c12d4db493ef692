//! Right factors of products without gradients.

use std::fmt::Debug;
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::kernels::Precision;
use crate::kernels::primitives::Primitives;

/// The right factor of many products without gradients, in the layout that suits them best.
pub trait RightFactor<B: Backend>: Debug + Send + Sync {
    /// Computes `left`, `[rows, terms]`, times the factor, `[terms, columns]`, in 32 bits.
    fn product(&self, left: Tensor<B, 2>) -> Tensor<B, 2>;
}

/// A matrix that is rounded once.
#[derive(Debug)]
struct Rounded<B: Backend> {
    matrix: Tensor<B, 2>,
    precision: Precision,
}

impl<B: Primitives> RightFactor<B> for Rounded<B> {
    fn product(&self, left: Tensor<B, 2>) -> Tensor<B, 2> {
        B::product(left, self.matrix.clone(), self.precision)
    }
}

/// Returns a matrix that is rounded once.
pub(super) fn rounded<B: Primitives>(
    matrix: Tensor<B, 2>,
    precision: Precision,
) -> Arc<dyn RightFactor<B>> {
    Arc::new(Rounded {
        matrix: precision.rounded(matrix),
        precision,
    })
}
