//! The operations that larger kernels are made of.

use std::ops::Range;

use burn::tensor::backend::Backend;
use burn::tensor::{IndexingUpdateOp, Int, Tensor};

use crate::kernels::softmax_block::{Partial, Slope};
use crate::kernels::{Choice, reference};

/// Operations on blocks of logits and on rows. The defaults are plain tensor operations.
pub trait Primitives: Backend {
    /// What a block of logits, [choices, words], adds to the softmax of each choice.
    fn partial(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
    ) -> Partial<Self> {
        reference::partial(logits, choices, words, temperature)
    }

    /// Gradient of a block of logits, [choices, words].
    fn slopes(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
        slope: &Slope<Self>,
    ) -> Tensor<Self, 2> {
        reference::slopes(logits, choices, words, temperature, slope)
    }

    /// `sum` with `rows` added to its rows `at`.
    fn add_rows(
        sum: Tensor<Self, 2>,
        at: Tensor<Self, 1, Int>,
        rows: Tensor<Self, 2>,
    ) -> Tensor<Self, 2> {
        sum.select_assign(0, at, rows, IndexingUpdateOp::Add)
    }
}
