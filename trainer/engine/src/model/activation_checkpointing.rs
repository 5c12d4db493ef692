//! Gradient checkpointing by layer (Chen et al., <https://arxiv.org/abs/1604.06174>):
//! a pass keeps each layer's input and nothing else; on the way back each layer runs
//! again from its input.
//!
//! The graph of burn has no place for that: a step of it cannot begin a graph of its
//! own. So the way back is walked here, layer by layer, each with a graph that ends
//! before the next one's begins.

use burn::tensor::Tensor;

use crate::kernels::Layout;
use crate::kernels::{Kernels, Plan, Trainable, indices};
use crate::model::decoder::Backbone;

/// What a pass kept.
pub struct Tape<B: Trainable> {
    plan: Plan<B>,
    at: Vec<usize>,
    /// Of each layer, [tokens, hidden].
    inputs: Vec<Tensor<B::InnerBackend, 2>>,
    /// The last layer's output, where the graph of the loss begins.
    output: Tensor<B, 2>,
}

impl<B: Trainable> Tape<B> {
    /// What the heads read of the tokens `at`, as [`Backbone::hidden`] has it, and how
    /// to go back from there.
    pub(super) fn record(
        model: &Backbone<B>,
        layout: Layout,
        at: &[usize],
    ) -> (Tensor<B, 2>, Self) {
        let plain = model.plain();
        let plan = plain.plan(layout.clone());
        let chosen = indices(at.iter().copied(), plan.device());
        let mut inputs = Vec::new();
        let mut x = plain.embed(&plan);
        for index in 0..model.layers.len() {
            inputs.push(x.clone());
            x = plain.layer(index, x, &chosen, |qkv| B::InnerBackend::attend(qkv, &plan));
        }
        let output = Tensor::from_inner(x).require_grad();
        let tape = Self {
            plan: model.plan(layout),
            at: at.to_vec(),
            inputs,
            output: output.clone(),
        };
        (model.end(output), tape)
    }

    /// Goes on from where the gradients of a loss end: `collect` is given them and then
    /// those of each layer's parameters, the last layer's first. `model` is the one
    /// that the pass was of, with the same dropout.
    pub fn back(
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
        let at = indices(self.at.into_iter(), self.plan.device());
        for (index, input) in self.inputs.into_iter().enumerate().rev() {
            let x = Tensor::from_inner(input).require_grad();
            let attend = |qkv| B::attend(qkv, &self.plan);
            let y = model.layer(index, x.clone(), &at, attend);
            let mut gradients = seeded(y, grad);
            grad = x
                .grad_remove(&mut gradients)
                .expect("a layer's output depends on its input");
            collect(gradients);
        }
        if model.embedding.is_require_grad() {
            collect(seeded(model.embed(&self.plan), grad));
        }
    }
}
