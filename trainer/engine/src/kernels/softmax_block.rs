//! What a block of logits adds to a softmax.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// What a block of logits holds of each choice's softmax, all `[choices]`.
#[derive(Clone, Debug)]
pub struct Partial<B: Backend> {
    /// Largest logit of the choice's set; the least float of none.
    pub tops: Tensor<B, 1>,
    /// Sum of exp((logit - top) / temperature) over the set.
    pub sums: Tensor<B, 1>,
    /// The same, each times its logit.
    pub weighted: Tensor<B, 1>,
    /// The chosen logit; 0 where it is not in the block.
    pub chosen: Tensor<B, 1>,
}

/// What the gradient of logits is made of, all `[choices]`: that of logit x in a
/// choice's set is exp(x / temperature - log_sum) (constant + linear x), and `chosen`
/// more where it is the chosen one.
#[derive(Clone, Debug)]
pub struct Slope<B: Backend> {
    /// Logarithm of the softmax's denominator.
    pub log_sums: Tensor<B, 1>,
    /// See there.
    pub constant: Tensor<B, 1>,
    /// See there.
    pub linear: Tensor<B, 1>,
    /// See there.
    pub chosen: Tensor<B, 1>,
}

impl<B: Backend> Partial<B> {
    /// Two blocks' together.
    pub(super) fn and(self, other: Self, temperature: f32) -> Self {
        let tops = self.tops.clone().max_pair(other.tops.clone());
        let share = |part: Tensor<B, 1>| (part - tops.clone()).div_scalar(temperature).exp();
        let (own, others) = (share(self.tops), share(other.tops));
        Self {
            sums: self.sums * own.clone() + other.sums * others.clone(),
            weighted: self.weighted * own + other.weighted * others,
            chosen: self.chosen + other.chosen,
            tops,
        }
    }
}
