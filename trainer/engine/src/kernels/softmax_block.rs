//! The softmax terms of a block of logits and their gradient.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// The softmax terms of a block of logits. All tensors are `[choices]`.
#[derive(Clone, Debug)]
pub struct SoftmaxBlock<B: Backend> {
    /// The largest logit of the set, or `f32::MIN` if the block has none of it.
    pub maxima: Tensor<B, 1>,
    /// The sum of exp((logit - maximum) / temperature) over the set.
    pub sums: Tensor<B, 1>,
    /// The same sum, each term times its logit.
    pub weighted_sums: Tensor<B, 1>,
    /// The chosen logit, or 0 if it is outside the block.
    pub chosen: Tensor<B, 1>,
}

/// The terms of the gradient of logits. All tensors are `[choices]`.
///
/// The gradient of a logit x in the set is exp(x / temperature - log_sum) (constant + linear x).
/// The chosen logit's gradient has `chosen` added.
#[derive(Clone, Debug)]
pub struct SoftmaxGradient<B: Backend> {
    /// The logarithm of the softmax's denominator.
    pub log_sums: Tensor<B, 1>,
    /// The constant factor.
    pub constant: Tensor<B, 1>,
    /// The factor of the logit.
    pub linear: Tensor<B, 1>,
    /// The gradient through the chosen logit.
    pub chosen: Tensor<B, 1>,
}

impl<B: Backend> SoftmaxBlock<B> {
    /// Merges the terms of two blocks.
    pub(super) fn merge(self, other: Self, temperature: f32) -> Self {
        let maxima = self.maxima.clone().max_pair(other.maxima.clone());
        let share = |part: Tensor<B, 1>| (part - maxima.clone()).div_scalar(temperature).exp();
        let (own, others) = (share(self.maxima), share(other.maxima));
        Self {
            sums: self.sums * own.clone() + other.sums * others.clone(),
            weighted_sums: self.weighted_sums * own + other.weighted_sums * others,
            chosen: self.chosen + other.chosen,
            maxima,
        }
    }
}
