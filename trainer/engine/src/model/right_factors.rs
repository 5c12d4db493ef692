//! The matrices of a model that samples.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::kernels::{Kernels, RightFactor};
use crate::model::decoder::Backbone;
use crate::model::lora::Projection;

/// The matrices of a backbone, laid out for many products without gradients.
#[derive(Clone, Debug)]
pub(super) struct RightFactors<B: Kernels> {
    /// By layer, then by [`Projection`].
    layers: Arc<[[Arc<dyn RightFactor<B>>; 4]]>,
    head: Arc<dyn RightFactor<B>>,
}

impl<B: Kernels> RightFactors<B> {
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

impl<B: Kernels> Backbone<B> {
    /// Lays the matrices out once for sampling.
    pub fn prepared(mut self) -> Self {
        let factor = |matrix: Tensor<B, 2>| B::right_factor(matrix, self.precision);
        let layers = self.layers.iter().map(|layer| {
            Projection::ALL.map(|projection| factor(layer.matrix(projection).clone()))
        });
        let factors = RightFactors {
            layers: layers.collect(),
            head: factor(self.lm_head_weight().transpose()),
        };
        self.right_factors = Some(factors);
        self
    }
}
