//! The matrices of a model that samples.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::kernels::{Kernels, Precision, RightFactor};
use crate::model::lora::Projection;

/// The matrices of a backbone, laid out for many products without gradients.
#[derive(Clone, Debug)]
pub(super) struct RightFactors<B: Kernels> {
    /// By layer, then by [`Projection`].
    layers: Arc<[[Arc<dyn RightFactor<B>>; 4]]>,
    head: Arc<dyn RightFactor<B>>,
}

impl<B: Kernels> RightFactors<B> {
    /// Lays out the matrices of each layer, by [`Projection`], and the LM head's, `[hidden,
    /// vocabulary]`.
    pub(super) fn new(
        layers: impl Iterator<Item = [Tensor<B, 2>; 4]>,
        head: Tensor<B, 2>,
        precision: Precision,
    ) -> Self {
        let factor = |matrix| B::right_factor(matrix, precision);
        Self {
            layers: layers.map(|layer| layer.map(factor)).collect(),
            head: factor(head),
        }
    }

    /// Multiplies `x` with a projection of a layer.
    pub(super) fn project(
        &self,
        layer: usize,
        projection: Projection,
        x: Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        self.layers[layer][projection as usize].product(x)
    }

    /// Multiplies hidden states with the LM head.
    pub(super) fn apply_lm_head(&self, hidden: Tensor<B, 2>) -> Tensor<B, 2> {
        self.head.product(hidden)
    }
}
