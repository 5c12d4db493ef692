//! AdamW (Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>) with gradient clipping, and a
//! state that saves and loads exactly.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use crate::kernels::{AdamWState, AdamWStep, Primitives, Trainable, floats};
use crate::model::{Backbone, Rewrite};
use crate::optim::gradients::Gradients;
use crate::safetensors::{Reader, WeightDtype, WeightsError, Writer};

/// The decay of the first moment.
const BETA_1: f64 = 0.9;
/// The decay of the second moment.
const BETA_2: f64 = 0.999;
/// The epsilon of the denominator.
const EPSILON: f64 = 1e-8;

/// The optimizer and its state.
#[derive(Clone, Debug)]
pub struct AdamW<B: Trainable> {
    weight_decay: f64,
    max_gradient_norm: f64,
    steps: u64,
    moments: BTreeMap<String, Moments<B>>,
}

/// The running means of a parameter's gradient and of its square, both flat.
#[derive(Clone, Debug)]
struct Moments<B: Trainable> {
    mean: Tensor<B::InnerBackend, 1>,
    square: Tensor<B::InnerBackend, 1>,
}

const STEPS: &str = "steps";
const MEAN: &str = "mean";
const SQUARE: &str = "square";

impl<B: Trainable> AdamW<B> {
    /// Returns an optimizer before its first step. `weight_decay` is decoupled, relative to the
    /// learning rate, and applies to matrices only, not to norms. Gradients whose norm over all
    /// parameters exceeds `max_gradient_norm` are scaled down to it.
    pub fn new(weight_decay: f64, max_gradient_norm: f64) -> Self {
        Self {
            weight_decay,
            max_gradient_norm,
            steps: 0,
            moments: BTreeMap::new(),
        }
    }

    /// Takes one step. Returns the model and the gradient norm before clipping. A gradient that is
    /// not finite changes neither the model nor the state.
    pub fn step(
        &mut self,
        model: Backbone<B>,
        gradients: Gradients<B>,
        learning_rate: f64,
    ) -> (Backbone<B>, f64) {
        let norm = gradients.norm();
        if !norm.is_finite() {
            return (model, norm);
        }
        self.steps += 1;
        let limit = self.max_gradient_norm;
        let correction = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let mut update = Update {
            gradients,
            step: AdamWStep {
                clip: (limit / norm.max(limit)) as f32,
                betas: [BETA_1, BETA_2],
                corrections: [correction(BETA_1), correction(BETA_2)],
                learning_rate,
                decay: 1.0 - learning_rate * self.weight_decay,
                epsilon: EPSILON,
            },
            moments: &mut self.moments,
        };
        (model.rewrite(&mut update), norm)
    }

    /// Writes the state as safetensors. The same state gives the same bytes.
    pub fn save(&self, path: &Path) -> Result<(), WeightsError> {
        let mut file = Writer::new(WeightDtype::Float32, (STEPS, &self.steps.to_string()));
        for (name, moments) in &self.moments {
            let parts = [(MEAN, &moments.mean), (SQUARE, &moments.square)];
            for (part, values) in parts {
                let shape = values.dims();
                file.put(format!("{part}.{name}"), &shape, || floats(values.clone()));
            }
        }
        file.write(path)
    }

    /// Loads a state of `model`'s parameters that [`AdamW::save`] wrote.
    pub fn load(&mut self, path: &Path, model: &Backbone<B>) -> Result<(), WeightsError> {
        let file = Reader::open(path)?;
        let mut read = Read {
            steps: file.remark(STEPS)?,
            file,
            moments: BTreeMap::new(),
            error: None,
        };
        model.clone().rewrite(&mut read);
        if let Some(error) = read.error {
            return Err(error);
        }
        read.file.finish()?;
        self.steps = read.steps;
        self.moments = read.moments;
        Ok(())
    }
}

/// One step, parameter by parameter.
struct Update<'a, B: Trainable> {
    gradients: Gradients<B>,
    /// The step of a matrix.
    step: AdamWStep,
    moments: &'a mut BTreeMap<String, Moments<B>>,
}

impl<B: Trainable> Rewrite<B> for Update<'_, B> {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        let Some(gradient) = self.gradients.take(name) else {
            return parameter;
        };
        let moments = self.moments.remove(name).unwrap_or_else(|| {
            let zeros = gradient.zeros_like();
            Moments {
                mean: zeros.clone(),
                square: zeros,
            }
        });
        let (shape, count) = (parameter.shape(), gradient.dims()[0]);
        let state = AdamWState {
            weights: parameter.inner().reshape([count]),
            mean: moments.mean,
            square: moments.square,
        };
        let step = AdamWStep {
            decay: if D > 1 { self.step.decay } else { 1.0 },
            ..self.step
        };
        let AdamWState {
            weights,
            mean,
            square,
        } = B::InnerBackend::adamw(state, gradient, step);
        self.moments.insert(name.into(), Moments { mean, square });
        Tensor::from_inner(weights.reshape(shape)).require_grad()
    }
}

/// Moments read from a file, parameter by parameter.
struct Read<B: Trainable> {
    steps: u64,
    file: Reader,
    moments: BTreeMap<String, Moments<B>>,
    error: Option<WeightsError>,
}

impl<B: Trainable> Rewrite<B> for Read<B> {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        // A state from before the first step has no moments.
        if self.steps > 0 && self.error.is_none() {
            let count = parameter.shape().num_elements();
            let device = parameter.device();
            let mut take = |part: &str| {
                let values = self.file.take(&format!("{part}.{name}"), &[count])?;
                Ok(Tensor::from_data(TensorData::new(values, [count]), &device))
            };
            match (take(MEAN), take(SQUARE)) {
                (Ok(mean), Ok(square)) => {
                    self.moments.insert(name.into(), Moments { mean, square });
                }
                (Err(error), _) | (_, Err(error)) => self.error = Some(error),
            }
        }
        parameter
    }
}
