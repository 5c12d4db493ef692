//! The pooled objective over steps of both kinds (equations 7, 16, 17).
//!
//! A step is one role's output on one chunk. Only its *free* tokens count, those
//! that were chosen from more than one: a token that the grammar forces has
//! probability 1 under every policy, and counting it in the length would only
//! shrink the ratio.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// The loss's switches.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// Clipping of the step ratio: epsilon.
    pub clip: f32,
    /// Dual clip for negative advantages: c.
    pub dual_clip: f32,
    /// Weight of the k3 divergence from the reference.
    pub kl: f32,
}

/// What the loss needs to know of the sampled steps of a micro-batch. Tokens
/// are flat, in the order of `choice_logprobs`.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// Free tokens of each step, at least 1.
    pub lengths: Vec<usize>,
    /// Advantage of each step.
    pub advantages: Vec<f32>,
    /// Log-probability of each free token under the policy that sampled it.
    pub old: Vec<f32>,
    /// The same under the reference; empty where `Objective::kl` is 0.
    pub reference: Vec<f32>,
}

/// A loss and what it saw.
pub struct Loss<B: Backend> {
    /// Sum over steps, shape `[1]`; the caller divides by the minibatch's steps.
    pub sum: Tensor<B, 1>,
    /// Step ratio of each step, shape `[steps]`.
    pub ratios: Tensor<B, 1>,
}

/// The step ratio is the exponential of the mean token log-ratio, clamped above
/// at 3 as in the reference; its objective is min(rho A, clip(rho) A), and for a
/// negative advantage never below c A. The optional divergence is k3, by token,
/// averaged over the step.
pub fn policy_loss<B: Backend>(
    logprobs: Tensor<B, 1>,
    steps: &Steps,
    objective: Objective,
) -> Loss<B> {
    let device = logprobs.device();
    let vector = |values: &[f32]| -> Tensor<B, 1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &device)
    };
    let means = step_means::<B>(&steps.lengths, &device);
    let count = steps.lengths.len();
    let by_step = |tokens: Tensor<B, 1>| -> Tensor<B, 1> {
        means
            .clone()
            .matmul(tokens.unsqueeze_dim::<2>(1))
            .reshape([count])
    };

    let log_ratio = logprobs.clone() - vector(&steps.old);
    let ratios = by_step(log_ratio).clamp_max(3.0).exp();
    let advantages = vector(&steps.advantages);
    let clipped = ratios
        .clone()
        .clamp(1.0 - objective.clip, 1.0 + objective.clip);
    let gain = (ratios.clone() * advantages.clone()).min_pair(clipped * advantages);
    let floor: Vec<f32> = steps
        .advantages
        .iter()
        .map(|a| {
            if *a < 0.0 {
                objective.dual_clip * a
            } else {
                f32::MIN
            }
        })
        .collect();
    let mut sum = gain.max_pair(vector(&floor)).neg().sum();
    if objective.kl > 0.0 {
        let toward = (vector(&steps.reference) - logprobs).clamp(-10.0, 10.0);
        let k3 = toward.clone().exp() - toward - 1.0;
        sum = sum + by_step(k3).sum() * objective.kl;
    }
    Loss { sum, ratios }
}

/// `[steps, tokens]`: row s averages over the tokens of step s.
fn step_means<B: Backend>(lengths: &[usize], device: &B::Device) -> Tensor<B, 2> {
    let tokens: usize = lengths.iter().sum();
    let mut weights = vec![0.0f32; lengths.len() * tokens];
    let mut at = 0;
    for (step, length) in lengths.iter().enumerate() {
        for _ in 0..*length {
            weights[step * tokens + at] = 1.0 / *length as f32;
            at += 1;
        }
    }
    Tensor::from_data(TensorData::new(weights, [lengths.len(), tokens]), device)
}
