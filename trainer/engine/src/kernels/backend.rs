//! The [`Kernels`] trait of backends.

use std::sync::Arc;

use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor};

use crate::kernels::attention::chunked;
use crate::kernels::primitives::Primitives;
use crate::kernels::right_factor::{self, RightFactor};
use crate::kernels::{Activation, AttentionPlan, Choice, Precision, lm_head, reference};

/// A backend that can run the decoder. The default methods use plain tensor operations; a backend
/// with fused kernels overrides them.
///
/// A backend with gradients must override `attend` with `chunked::attend_autodiff` and
/// `score_choices` with `lm_head::score_choices_autodiff`. The defaults would keep every attention
/// score and every logit for the backward pass.
pub trait Kernels: Primitives {
    /// RMSNorm of the rows of `x`, `[tokens, width]`, scaled by `weight`, `[width]`.
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        reference::rms_norm(x, weight, epsilon)
    }

    /// Gated linear unit: `activation(gate) * up` of `[tokens, gate | up]`. Returns `[tokens,
    /// width]`.
    fn gate(activation: Activation, gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        reference::gate(activation, gate_up)
    }

    /// Rotary attention of `qkv`, `[tokens, queries | keys | values]`, among the same tokens.
    /// Returns `[tokens, query heads * head width]`.
    fn attend(qkv: Tensor<Self, 2>, plan: &AttentionPlan<Self>) -> Tensor<Self, 2> {
        chunked::attend(qkv, plan)
    }

    /// Rotary attention to the keys and values in `cache`, `[slots, keys | values]`. The new keys
    /// and values are written to their slots first, so a token may attend to another segment of the
    /// same pass. Not differentiable. Returns the output and the cache.
    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &AttentionPlan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        chunked::attend_cached(qkv, cache, plan)
    }

    /// Embeds `tokens` with the rows of `embedding`, `[vocabulary, hidden]`.
    fn embed(embedding: Tensor<Self, 2>, tokens: Tensor<Self, 1, Int>) -> Tensor<Self, 2> {
        embedding.select(0, tokens)
    }

    /// Runs a pass without gradients.
    fn run_pass<R: Send>(pass: impl FnOnce() -> R + Send) -> R {
        pass()
    }

    /// Lays out a matrix, `[terms, columns]`, for many products without gradients.
    fn right_factor(matrix: Tensor<Self, 2>, precision: Precision) -> Arc<dyn RightFactor<Self>> {
        right_factor::rounded(matrix, precision)
    }

    /// Scores choices. Returns the log-probability of each choice, `[choices]`, and the entropy of
    /// its distribution in nats, `[choices]`.
    ///
    /// The logits are `hidden`, `[choices, hidden]`, times the transpose of `lm_head_weight`,
    /// `[vocabulary, hidden]`, over `temperature`.
    fn score_choices(
        hidden: Tensor<Self, 2>,
        lm_head_weight: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::score_choices(hidden, lm_head_weight, choices, temperature, precision)
    }
}

/// A backend that can train the decoder and, on its inner backend, run it without gradients.
pub trait Trainable: Kernels + AutodiffBackend<InnerBackend: Kernels> {}

impl<B: Kernels + AutodiffBackend<InnerBackend: Kernels>> Trainable for B {}
