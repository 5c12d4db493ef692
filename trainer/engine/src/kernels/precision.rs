//! The precision of matrix products.

use burn::tensor::backend::Backend;
use burn::tensor::{FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// The precision of matrix products. Everything else is in 32 bits: weights, gradients, optimizer
/// moments and the residual stream.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Float32,
    /// Both operands are rounded to bfloat16, as in PyTorch's autocast. Faster on a GPU and on a
    /// CPU with AMX or AVX-512 BF16.
    BFloat16,
}

impl Precision {
    /// Rounds a matrix to the type that products use, so that they need not round it again.
    pub(crate) fn rounded<B: Backend>(self, matrix: Tensor<B, 2>) -> Tensor<B, 2> {
        match self {
            Self::Float32 => matrix,
            Self::BFloat16 => matrix.cast(FloatDType::BF16),
        }
    }
}
