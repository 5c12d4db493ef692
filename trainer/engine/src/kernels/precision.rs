//! What products of matrices are computed in.

use burn::tensor::backend::Backend;
use burn::tensor::{FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// What products of matrices are computed in. Everything else, and whatever is kept (weights,
/// gradients, moments, the sums of residuals), is in 32 bits.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    Float32,
    /// Both sides are rounded to bfloat16, as PyTorch's autocast has it: on a GPU several
    /// times faster, on the processor slower.
    BFloat16,
}

impl Precision {
    /// `left` times `right`, in 32 bits.
    pub(crate) fn product<B: Backend>(
        self,
        left: Tensor<B, 2>,
        right: Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        match self {
            Self::Float32 => left.matmul(right),
            Self::BFloat16 => {
                let product = self.rounded(left).matmul(self.rounded(right));
                product.cast(FloatDType::F32)
            }
        }
    }

    /// As it goes into products, so that they need not round it.
    pub(crate) fn rounded<B: Backend>(self, matrix: Tensor<B, 2>) -> Tensor<B, 2> {
        match self {
            Self::Float32 => matrix,
            Self::BFloat16 => matrix.cast(FloatDType::BF16),
        }
    }
}
