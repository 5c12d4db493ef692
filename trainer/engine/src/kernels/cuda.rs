//! The kernels on NVIDIA GPUs: plain tensor operations, which burn fuses and tunes, with the
//! memory-saving gradients of attention and of the LM head.

use burn::backend::Autodiff;
use burn::tensor::Tensor;
use burn_cuda::Cuda;

use crate::kernels::attention::chunked;
use crate::kernels::primitives::Primitives;
use crate::kernels::{AttentionPlan, Choice, Kernels, Precision, lm_head};

impl Primitives for Cuda {}

impl Kernels for Cuda {}

impl Primitives for Autodiff<Cuda> {}

impl Kernels for Autodiff<Cuda> {
    fn attend(qkv: Tensor<Self, 2>, plan: &AttentionPlan<Self>) -> Tensor<Self, 2> {
        chunked::attend_autodiff(qkv, plan)
    }

    fn score_choices(
        hidden: Tensor<Self, 2>,
        lm_head_weight: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::score_choices_autodiff(hidden, lm_head_weight, choices, temperature, precision)
    }
}
