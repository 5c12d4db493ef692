//! The operations that decide the backbone's speed, as one trait.

use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor};

use crate::kernels::attention::chunked;
use crate::kernels::primitives::Primitives;
use crate::kernels::{Choice, Plan, Precision, lm_head, reference};

/// A backend that can run the decoder. The defaults are plain tensor operations;
/// a backend with fused ones replaces them. A backend with gradients replaces
/// `attend` and `choose` at least, by `chunked::attend_tracked` and
/// `lm_head::choose_tracked`: the plain ones would keep every score and every logit.
pub trait Kernels: Primitives {
    /// Root-mean-square normalisation of rows, [tokens, width], scaled by
    /// `weight`, `[width]`.
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        reference::rms_norm(x, weight, epsilon)
    }

    /// silu(gate) * up, of [tokens, gate | up] as [tokens, width].
    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        reference::swiglu(gate_up)
    }

    /// Rotary attention of [tokens, queries | keys | values] among the same
    /// tokens, as [tokens, query heads * head width].
    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        chunked::attend(qkv, plan)
    }

    /// Rotary attention to the keys and values in `cache`, [slots, keys | values],
    /// after the tokens' own are written to their slots: a token of the pass may see
    /// another segment's of the same pass. Not differentiable. Gives the cache back.
    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &Plan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        chunked::attend_cached(qkv, cache, plan)
    }

    /// The rows of `words`, [vocabulary, hidden], that `tokens` name.
    fn embed(words: Tensor<Self, 2>, tokens: Tensor<Self, 1, Int>) -> Tensor<Self, 2> {
        words.select(0, tokens)
    }

    /// Log-probability of each choice, `[choices]`, and the entropy of what it was
    /// chosen from, `[choices]`, in nats. The logits are `hidden`, [choices, hidden],
    /// times `words`, [vocabulary, hidden], over `temperature`.
    fn choose(
        hidden: Tensor<Self, 2>,
        words: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::choose(hidden, words, choices, temperature, precision)
    }
}

/// A backend that can train the decoder and, through its inner backend, run it
/// without gradients.
pub trait Trainable: Kernels + AutodiffBackend<InnerBackend: Kernels> {}

impl<B: Kernels + AutodiffBackend<InnerBackend: Kernels>> Trainable for B {}
