//! The operations that larger kernels are built from.

use std::ops::Range;

use burn::tensor::backend::Backend;
use burn::tensor::{FloatDType, IndexingUpdateOp, Int, Tensor};

use crate::kernels::softmax_block::{SoftmaxBlock, SoftmaxGradient};
use crate::kernels::{AdamWState, AdamWStep, Choice, Precision, reference};

/// Operations on blocks of logits and on rows. The default methods use plain tensor operations.
pub trait Primitives: Backend {
    /// Computes `left` times `right` and returns 32 bits.
    fn product(
        left: Tensor<Self, 2>,
        right: Tensor<Self, 2>,
        precision: Precision,
    ) -> Tensor<Self, 2> {
        match precision {
            Precision::Float32 => left.matmul(right),
            Precision::BFloat16 => {
                let [left, right] = [left, right].map(|factor| factor.cast(FloatDType::BF16));
                left.matmul(right).cast(FloatDType::F32)
            }
        }
    }

    /// Computes the softmax terms of a block of logits, `[choices, block]`.
    fn softmax_block(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        block: Range<usize>,
        temperature: f32,
    ) -> SoftmaxBlock<Self> {
        reference::softmax_block(logits, choices, block, temperature)
    }

    /// Computes the gradient of a block of logits, `[choices, block]`.
    fn logit_gradients(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        block: Range<usize>,
        temperature: f32,
        gradient: &SoftmaxGradient<Self>,
    ) -> Tensor<Self, 2> {
        reference::logit_gradients(logits, choices, block, temperature, gradient)
    }

    /// Takes an AdamW step.
    fn adamw(
        state: AdamWState<Self>,
        gradient: Tensor<Self, 1>,
        step: AdamWStep,
    ) -> AdamWState<Self> {
        step.take(state, gradient)
    }

    /// Adds `rows` to the rows `at` of `sum`.
    fn add_rows(
        sum: Tensor<Self, 2>,
        at: Tensor<Self, 1, Int>,
        rows: Tensor<Self, 2>,
    ) -> Tensor<Self, 2> {
        sum.select_assign(0, at, rows, IndexingUpdateOp::Add)
    }
}
