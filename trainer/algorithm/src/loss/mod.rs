//! The clipped objective over the sampled steps of rollouts and rerolls (equations 7, 16,
//! 17), and its switches, whose defaults are the paper's.
//!
//! A step is one role's output on one chunk. Only its *free* tokens count, those that were
//! chosen from more than one: a token that the grammar forces has probability 1 under every
//! policy, and counting it in the length would only shrink the ratio.
//!
//! `tests/reference/logo.py` is an independent implementation.

pub mod preference;
pub mod regression;

use std::collections::BTreeMap;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use self::preference::Preference;
use self::regression::Regression;

/// Above this a log-ratio is clamped, as in the reference's code.
const MOST_LOG_RATIO: f32 = 3.0;
/// Beyond this the log-ratio to the reference policy is clamped, as in the reference's code.
const MOST_DIVERGENCE: f32 = 10.0;

/// The unit that an importance ratio is taken over, in `algorithm.ratio`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ratio {
    /// Each token's own (PPO, GRPO).
    Token,
    /// The geometric mean over the step's tokens: length-normalised (equation 7;
    /// GSPO).
    Step,
    /// The product over the step's tokens.
    Sequence,
}

/// The mean that the loss is, in `algorithm.aggregation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// Over tokens.
    TokenMean,
    /// Over steps; in a step, over tokens.
    StepMean,
    /// Over rollouts and rerolls; in each, over tokens.
    Trajectory,
    /// Over steps; in a step, the sum over tokens divided by `algorithm.fixed_length`.
    FixedLength,
}

/// Estimator of the divergence from the reference policy, from the token that was sampled
/// (Schulman 2020), with d = log of the reference's over the policy's probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// -d.
    K1,
    /// d squared over 2.
    K2,
    /// exp(d) - d - 1.
    K3,
    /// `k3` times the ratio: unbiased for outputs of an older policy
    /// (DeepSeek-V3.2; TRL's default).
    K3Corrected,
}

/// A loss of log-ratios to the reference policy, in place of the clipped objective. Its slopes are the
/// advantages of [`policy_loss`] under [`Objective::linear`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogRatioLoss {
    /// Of pairs (DPO).
    Preference(Preference),
    /// Of outputs (WebRL).
    Regression(Regression),
}

/// Switches of the clipped objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// Unit of the importance ratio.
    pub ratio: Ratio,
    /// Ratios below 1 minus this are clipped.
    pub clip_low: f32,
    /// Ratios above 1 plus this are clipped.
    pub clip_high: f32,
    /// For a negative advantage A the objective is never below this times A. None sets no
    /// such floor.
    pub dual_clip: Option<f32>,
    /// Mean that the loss is.
    pub aggregation: Aggregation,
    /// Tokens that `FixedLength` divides by.
    pub fixed_length: f32,
    /// Weight of the divergence from the reference.
    pub kl: f32,
    /// Estimator of that divergence.
    pub estimator: Estimator,
    /// Weight of the entropy bonus.
    pub entropy: f32,
    /// Truncated importance sampling: a step weighs the trainer's probability over the
    /// sampler's, at most this, and the ratio is taken against the trainer's. None takes the
    /// ratio against the sampler's.
    pub importance_cap: Option<f32>,
}

impl Objective {
    /// Returns the objective whose gradient, where each token's probability is that of
    /// `LossInputs::sampler_logprobs`, is the sum of advantages times gradients of log-probabilities.
    pub fn linear(self) -> Self {
        Self {
            ratio: Ratio::Token,
            clip_low: f32::MAX,
            clip_high: f32::MAX,
            dual_clip: None,
            importance_cap: None,
            ..self
        }
    }
}

/// The sampled steps of a micro-batch. Tokens are flat, in the order of
/// `choice_logprobs`.
#[derive(Clone, Debug, Default)]
pub struct LossInputs {
    /// Free tokens of each step, at least 1.
    pub lengths: Vec<usize>,
    /// Advantage of each step.
    pub advantages: Vec<f32>,
    /// Weight of each token in the minibatch's loss ([`shares`]).
    pub shares: Vec<f32>,
    /// Log-probability of each free token under the policy that sampled it.
    pub sampler_logprobs: Vec<f32>,
    /// Log-probability of each free token under the trainer's policy before the update;
    /// empty without `Objective::importance_cap`.
    pub pre_update_logprobs: Vec<f32>,
    /// Log-probability of each free token under the reference policy; empty where
    /// `Objective::kl` is 0.
    pub reference_logprobs: Vec<f32>,
}

/// The loss of a micro-batch, with its ratios and divergence.
pub struct Loss<B: Backend> {
    /// Sum over the micro-batch, shape `[1]`; the minibatch's loss is the sum of these.
    pub sum: Tensor<B, 1>,
    /// Ratio at each token, shape `[tokens]`.
    pub ratios: Tensor<B, 1>,
    /// Sum over tokens of the divergence, without its weight, shape `[1]`; 0 where the
    /// weight is 0.
    pub divergence: Tensor<B, 1>,
}

/// Returns, for each step of a minibatch, the weight of each of its tokens in the loss.
/// Over all tokens they sum to 1, but for `FixedLength`. A step comes as (free tokens, its
/// trajectory).
pub fn shares(steps: &[(usize, u64)], aggregation: Aggregation, fixed_length: f32) -> Vec<f32> {
    let tokens: usize = steps.iter().map(|(length, _)| length).sum();
    let mut trajectories: BTreeMap<u64, usize> = BTreeMap::new();
    for (length, trajectory) in steps {
        *trajectories.entry(*trajectory).or_default() += length;
    }
    let share = |(length, trajectory): &(usize, u64)| match aggregation {
        Aggregation::TokenMean => 1.0 / tokens as f32,
        Aggregation::StepMean => 1.0 / (steps.len() * length) as f32,
        Aggregation::Trajectory => 1.0 / (trajectories.len() * trajectories[trajectory]) as f32,
        Aggregation::FixedLength => 1.0 / (steps.len() as f32 * fixed_length),
    };
    steps.iter().map(share).collect()
}

/// Returns the loss of a micro-batch. The objective of a ratio rho and an advantage A is
/// min(rho A, clip(rho) A), with a floor for negative A; the loss is its negative, plus
/// divergence, minus entropy, each token weighing its share. `logprobs` and `entropies` are
/// those of the free tokens, shape `[tokens]`.
pub fn policy_loss<B: Backend>(
    logprobs: Tensor<B, 1>,
    entropies: Tensor<B, 1>,
    inputs: &LossInputs,
    objective: &Objective,
) -> Loss<B> {
    let device = logprobs.device();
    let vector = |values: &[f32]| -> Tensor<B, 1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &device)
    };
    let each = |by_step: &[f32]| vector(&inputs.spread(by_step));
    let base = match objective.importance_cap {
        None => &inputs.sampler_logprobs,
        Some(_) => &inputs.pre_update_logprobs,
    };
    let log_ratio = logprobs.clone() - vector(base);
    let log_ratio = match objective.ratio {
        Ratio::Token => log_ratio,
        Ratio::Step => inputs.pooled(log_ratio, true),
        Ratio::Sequence => inputs.pooled(log_ratio, false),
    };
    let ratios = log_ratio.clamp_max(MOST_LOG_RATIO).exp();
    let advantages = each(&inputs.advantages);
    let clipped = ratios
        .clone()
        .clamp(1.0 - objective.clip_low, 1.0 + objective.clip_high);
    let mut gain = (ratios.clone() * advantages.clone()).min_pair(clipped * advantages);
    if let Some(dual_clip) = objective.dual_clip {
        let floor = |advantage: &f32| match *advantage < 0.0 {
            true => dual_clip * advantage,
            false => f32::MIN,
        };
        let floors: Vec<f32> = inputs.advantages.iter().map(floor).collect();
        gain = gain.max_pair(each(&floors));
    }
    if let Some(cap) = objective.importance_cap {
        gain = gain * vector(&inputs.importance(objective.ratio, cap));
    }
    let mut loss = gain.neg();
    let mut divergence = Tensor::zeros([1], &device);
    if objective.kl > 0.0 {
        let toward = (vector(&inputs.reference_logprobs) - logprobs)
            .clamp(-MOST_DIVERGENCE, MOST_DIVERGENCE);
        let estimate = match objective.estimator {
            Estimator::K1 => toward.neg(),
            Estimator::K2 => toward.powi_scalar(2) * 0.5,
            Estimator::K3 => toward.clone().exp() - toward - 1.0,
            Estimator::K3Corrected => (toward.clone().exp() - toward - 1.0) * ratios.clone(),
        };
        divergence = estimate.clone().sum();
        loss = loss + estimate * objective.kl;
    }
    if objective.entropy > 0.0 {
        loss = loss - entropies * objective.entropy;
    }
    Loss {
        sum: (loss * each(&inputs.shares)).sum(),
        ratios,
        divergence,
    }
}

/// Returns PPO's clipped value loss: 1/2 max((v - R)^2, (v_old + clip(v - v_old, -e, e) -
/// R)^2), summed. Inputs have shape `[states]`, the output `[1]`.
pub fn value_loss<B: Backend>(
    values: Tensor<B, 1>,
    old: Tensor<B, 1>,
    targets: Tensor<B, 1>,
    clip: f32,
) -> Tensor<B, 1> {
    let moved = old.clone() + (values.clone() - old).clamp(-clip, clip);
    let far = |values: Tensor<B, 1>| (values - targets.clone()).powi_scalar(2);
    (far(values).max_pair(far(moved)) * 0.5).sum()
}

impl LossInputs {
    /// Appends a step: its advantage and its free tokens' log-probabilities under the
    /// policy that sampled them. The caller appends the shares of its tokens.
    pub fn push(&mut self, advantage: f32, sampler_logprobs: &[f32]) {
        self.lengths.push(sampler_logprobs.len());
        self.advantages.push(advantage);
        self.sampler_logprobs.extend(sampler_logprobs);
    }

    /// Repeats each step's number for each of its tokens.
    fn spread(&self, by_step: &[f32]) -> Vec<f32> {
        let steps = self.lengths.iter().zip(by_step);
        steps
            .flat_map(|(length, value)| std::iter::repeat_n(*value, *length))
            .collect()
    }

    /// Gives each token the sum, or the mean, over its step's tokens.
    fn pooled<B: Backend>(&self, tokens: Tensor<B, 1>, mean: bool) -> Tensor<B, 1> {
        let count: usize = self.lengths.iter().sum();
        let mut weights = vec![0.0f32; self.lengths.len() * count];
        let mut membership = vec![0.0f32; self.lengths.len() * count];
        let mut at = 0;
        for (step, length) in self.lengths.iter().enumerate() {
            let own = step * count + at..step * count + at + length;
            weights[own.clone()].fill(if mean { 1.0 / *length as f32 } else { 1.0 });
            membership[own].fill(1.0);
            at += length;
        }
        let device = tokens.device();
        let matrix = |values: Vec<f32>| -> Tensor<B, 2> {
            Tensor::from_data(
                TensorData::new(values, [self.lengths.len(), count]),
                &device,
            )
        };
        let by_step = matrix(weights).matmul(tokens.unsqueeze_dim::<2>(1));
        matrix(membership)
            .transpose()
            .matmul(by_step)
            .reshape([count])
    }

    /// Returns the trainer's probability over the sampler's for each token, at most `cap`.
    fn importance(&self, ratio: Ratio, cap: f32) -> Vec<f32> {
        let apart: Vec<f32> = self
            .pre_update_logprobs
            .iter()
            .zip(&self.sampler_logprobs)
            .map(|(b, o)| b - o)
            .collect();
        let mut at = 0;
        let mut weights = Vec::with_capacity(apart.len());
        for length in &self.lengths {
            let own = &apart[at..at + length];
            let sum: f32 = own.iter().sum();
            weights.extend(own.iter().map(|token| match ratio {
                Ratio::Token => *token,
                Ratio::Step => sum / *length as f32,
                Ratio::Sequence => sum,
            }));
            at += length;
        }
        weights.iter().map(|log| log.exp().min(cap)).collect()
    }
}

#[cfg(test)]
mod tests;
