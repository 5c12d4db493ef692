//! Activation checkpointing per layer (Chen et al., <https://arxiv.org/abs/1604.06174>). The
//! forward pass keeps only each layer's input; the backward pass runs each layer again from its
//! input.
//!
//! An operation of burn's autodiff graph cannot start a graph of its own. So the backward pass is
//! driven here, layer by layer, and each layer's graph ends before the next one begins.

use burn::tensor::Tensor;

use crate::kernels::{Kernels, Layout, Trainable, indices};
use crate::model::attention_plans::AttentionPlans;
use crate::model::decoder::Backbone;

/// A forward pass with checkpointed activations.
pub struct CheckpointedPass<B: Trainable> {
    plans: AttentionPlans<B>,
    at: Vec<usize>,
    /// The input of each layer, `[tokens, hidden]`.
    inputs: Vec<Tensor<B::InnerBackend, 2>>,
    /// The last layer's output, the leaf of the loss's graph.
    output: Tensor<B, 2>,
}

impl<B: Trainable> CheckpointedPass<B> {
    /// Runs the forward pass. Returns the hidden states of the tokens `at`, as [`Backbone::hidden`]
    /// does, and the checkpoints.
    pub(super) fn forward(
        model: &Backbone<B>,
        layout: Layout,
        at: &[usize],
    ) -> (Tensor<B, 2>, Self) {
        let plain = model.without_gradients();
        let plans = plain.plans(layout.clone());
        let chosen = indices(at.iter().copied(), plans.device());
        let mut inputs = Vec::new();
        let mut x = plain.embed(&plans);
        for index in 0..model.layers.len() {
            inputs.push(x.clone());
            let attend = |qkv| B::InnerBackend::attend(qkv, plans.of(index));
            x = plain.layer(index, x, &chosen, attend);
        }
        let output = Tensor::from_inner(x).require_grad();
        let pass = Self {
            plans: model.plans(layout),
            at: at.to_vec(),
            inputs,
            output: output.clone(),
        };
        (model.final_norm(output), pass)
    }

    /// Continues the backward pass from the gradients of a loss. Calls `collect` with them and then
    /// with the gradients of each layer's parameters, last layer first. `model` must be the model
    /// of the forward pass, with the same dropout.
    pub fn backward_layers(
        self,
        model: &Backbone<B>,
        mut gradients: B::Gradients,
        mut collect: impl FnMut(B::Gradients),
    ) {
        let grad = self.output.grad_remove(&mut gradients);
        collect(gradients);
        let Some(mut grad) = grad else {
            return;
        };
        let seeded = |y: Tensor<B, 2>, grad| (y * Tensor::from_inner(grad)).sum().backward();
        let at = indices(self.at.into_iter(), self.plans.device());
        for (index, input) in self.inputs.into_iter().enumerate().rev() {
            let x = Tensor::from_inner(input).require_grad();
            let attend = |qkv| B::attend(qkv, self.plans.of(index));
            let y = model.layer(index, x.clone(), &at, attend);
            let mut gradients = seeded(y, grad);
            grad = x
                .grad_remove(&mut gradients)
                .expect("a layer's output depends on its input");
            collect(gradients);
        }
        if model.embedding.is_require_grad() {
            collect(seeded(model.embed(&self.plans), grad));
        }
    }
}
