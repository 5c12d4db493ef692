//! The kernels on NVIDIA GPUs: plain tensor operations, which burn fuses and tunes for
//! the card, and the gradients that must not keep every score and every logit.

use burn::backend::Autodiff;
use burn::tensor::Tensor;
use burn_cuda::Cuda;

use crate::kernels::attention::chunked;
use crate::kernels::primitives::Primitives;
use crate::kernels::{Choice, Kernels, Plan, Precision, lm_head};

impl Primitives for Cuda {}

impl Kernels for Cuda {}

impl Primitives for Autodiff<Cuda> {}

impl Kernels for Autodiff<Cuda> {
    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        chunked::attend_tracked(qkv, plan)
    }

    fn choose(
        hidden: Tensor<Self, 2>,
        words: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::choose_tracked(hidden, words, choices, temperature, precision)
    }
}
