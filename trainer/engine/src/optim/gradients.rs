//! Gradients by parameter, accumulated over micro-batches.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use crate::kernels::{Trainable, floats};
use crate::model::{Backbone, CheckpointedPass, Rewrite};

/// Gradients of a model's parameters by name, each flat.
#[derive(Clone, Debug)]
pub struct Gradients<B: Trainable> {
    sums: BTreeMap<String, Tensor<B::InnerBackend, 1>>,
}

impl<B: Trainable> Default for Gradients<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Trainable> Gradients<B> {
    /// Returns zero gradients.
    pub fn new() -> Self {
        Self {
            sums: BTreeMap::new(),
        }
    }

    /// Adds the gradients of a backward pass through `model`.
    pub fn add(&mut self, model: &Backbone<B>, gradients: B::Gradients) {
        let mut collect = Collect {
            gradients,
            sums: &mut self.sums,
        };
        model.clone().rewrite(&mut collect);
    }

    /// Adds the gradients of a loss over `pass`, and runs the backward pass of its checkpointed
    /// layers. `model` must be the model of `pass`.
    pub fn add_checkpointed(
        &mut self,
        model: &Backbone<B>,
        gradients: B::Gradients,
        pass: Option<CheckpointedPass<B>>,
    ) {
        match pass {
            Some(pass) => {
                pass.backward_layers(model, gradients, |gradients| self.add(model, gradients))
            }
            None => self.add(model, gradients),
        }
    }

    /// Multiplies all gradients by `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        let scaled = |(name, sum): (String, Tensor<_, 1>)| (name, sum.mul_scalar(factor as f32));
        Self {
            sums: self.sums.into_iter().map(scaled).collect(),
        }
    }

    /// Returns the Euclidean norm over all parameters.
    pub fn norm(&self) -> f64 {
        let squares = self.sums.values().map(|gradient| {
            let square = gradient.clone() * gradient.clone();
            floats(square.sum()).into_iter().map(f64::from).sum::<f64>()
        });
        squares.sum::<f64>().sqrt()
    }

    /// Removes and returns a parameter's gradient, or `None` if no loss depended on it.
    pub(super) fn take(&mut self, name: &str) -> Option<Tensor<B::InnerBackend, 1>> {
        self.sums.remove(name)
    }
}

/// Collects gradients, parameter by parameter.
struct Collect<'a, B: Trainable> {
    gradients: B::Gradients,
    sums: &'a mut BTreeMap<String, Tensor<B::InnerBackend, 1>>,
}

impl<B: Trainable> Rewrite<B> for Collect<'_, B> {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        if let Some(gradient) = parameter.grad_remove(&mut self.gradients) {
            let count = gradient.shape().num_elements();
            let gradient = gradient.reshape([count]);
            let sum = match self.sums.remove(name) {
                Some(sum) => sum + gradient,
                None => gradient,
            };
            self.sums.insert(name.into(), sum);
        }
        parameter
    }
}
