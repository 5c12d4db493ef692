//! The clipped objective over sampled steps of both kinds (equations 7, 16, 17)
//! and its switches, whose defaults are the paper's.
//!
//! A step is one role's output on one chunk. Only its *free* tokens count, those
//! that were chosen from more than one: a token that the grammar forces has
//! probability 1 under every policy, and counting it in the length would only
//! shrink the ratio.
//!
//! `tests/reference/logo.py` is an independent implementation of the same.

use std::collections::BTreeMap;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// Above this a log-ratio is clamped, as in the reference's code.
const MOST_LOG_RATIO: f32 = 3.0;
/// Beyond this the difference from the reference policy is clamped, likewise.
const MOST_DIVERGENCE: f32 = 10.0;

/// Whose probabilities make up a ratio, in `logo.ratio`.
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

/// What the loss is a mean of, in `logo.aggregation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// Tokens.
    TokenMean,
    /// Steps; in a step, tokens.
    StepMean,
    /// Rollouts and rerolls; in each, tokens.
    Trajectory,
    /// Steps; in a step, the sum over tokens over `logo.fixed_length`.
    FixedLength,
}

/// How divergence from the reference policy is estimated from the token that was
/// sampled (Schulman 2020), with d = log of the reference's over the policy's
/// probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// -d.
    K1,
    /// d squared over 2.
    K2,
    /// exp(d) - d - 1.
    K3,
    /// The same times the ratio: unbiased for outputs of an older policy
    /// (DeepSeek-V3.2; TRL's default).
    K3Corrected,
}

/// The loss's switches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// Whose ratio.
    pub ratio: Ratio,
    /// Ratios below 1 minus this are clipped.
    pub clip_low: f32,
    /// Ratios above 1 plus this are clipped.
    pub clip_high: f32,
    /// For a negative advantage A the objective is never below this times A; none
    /// has no such floor.
    pub dual_clip: Option<f32>,
    /// Mean of what.
    pub aggregation: Aggregation,
    /// Tokens that `FixedLength` divides by.
    pub fixed_length: f32,
    /// Weight of the divergence from the reference.
    pub kl: f32,
    /// How it is estimated.
    pub estimator: Estimator,
    /// Weight of the entropy bonus.
    pub entropy: f32,
    /// Steps weigh what the trainer's probability was over the sampler's, at most
    /// this (truncated importance sampling); none takes the sampler's as the base
    /// of the ratio.
    pub importance_cap: Option<f32>,
}

/// What the loss needs to know of the sampled steps of a micro-batch. Tokens
/// are flat, in the order of `choice_logprobs`.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// Free tokens of each step, at least 1.
    pub lengths: Vec<usize>,
    /// Advantage of each step.
    pub advantages: Vec<f32>,
    /// What each token counts in the minibatch's loss ([`shares`]).
    pub shares: Vec<f32>,
    /// Log-probability of each free token under the policy that sampled it.
    pub old: Vec<f32>,
    /// The same under the trainer's before the update; empty without
    /// `Objective::importance_cap`.
    pub before: Vec<f32>,
    /// The same under the reference; empty where `Objective::kl` is 0.
    pub reference: Vec<f32>,
}

/// A loss and what it saw.
pub struct Loss<B: Backend> {
    /// Over the micro-batch, shape `[1]`: the minibatch's loss is the sum.
    pub sum: Tensor<B, 1>,
    /// Ratio at each token, shape `[tokens]`.
    pub ratios: Tensor<B, 1>,
    /// Sum over tokens of the divergence, without its weight; 0 where that is 0.
    pub divergence: Tensor<B, 1>,
}

/// What each token of a minibatch's steps counts in its loss: they sum to 1, but
/// for `FixedLength`. A step comes as (free tokens, its trajectory).
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

/// The objective of a ratio rho and an advantage A is min(rho A, clip(rho) A),
/// with a floor for negative A; the loss is its negative, plus divergence, minus
/// entropy, each token counting its share. `logprobs` and `entropies` are those
/// of the free tokens.
pub fn policy_loss<B: Backend>(
    logprobs: Tensor<B, 1>,
    entropies: Tensor<B, 1>,
    steps: &Steps,
    objective: &Objective,
) -> Loss<B> {
    let device = logprobs.device();
    let vector = |values: &[f32]| -> Tensor<B, 1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &device)
    };
    let each = |by_step: &[f32]| vector(&steps.spread(by_step));
    let base = match objective.importance_cap {
        None => &steps.old,
        Some(_) => &steps.before,
    };
    let log_ratio = logprobs.clone() - vector(base);
    let log_ratio = match objective.ratio {
        Ratio::Token => log_ratio,
        Ratio::Step => steps.pooled(log_ratio, true),
        Ratio::Sequence => steps.pooled(log_ratio, false),
    };
    let ratios = log_ratio.clamp_max(MOST_LOG_RATIO).exp();
    let advantages = each(&steps.advantages);
    let clipped = ratios
        .clone()
        .clamp(1.0 - objective.clip_low, 1.0 + objective.clip_high);
    let mut gain = (ratios.clone() * advantages.clone()).min_pair(clipped * advantages);
    if let Some(dual_clip) = objective.dual_clip {
        let floor = |advantage: &f32| match *advantage < 0.0 {
            true => dual_clip * advantage,
            false => f32::MIN,
        };
        let floors: Vec<f32> = steps.advantages.iter().map(floor).collect();
        gain = gain.max_pair(each(&floors));
    }
    if let Some(cap) = objective.importance_cap {
        gain = gain * vector(&steps.importance(objective.ratio, cap));
    }
    let mut loss = gain.neg();
    let mut divergence = Tensor::zeros([1], &device);
    if objective.kl > 0.0 {
        let toward = (vector(&steps.reference) - logprobs).clamp(-MOST_DIVERGENCE, MOST_DIVERGENCE);
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
        sum: (loss * each(&steps.shares)).sum(),
        ratios,
        divergence,
    }
}

/// How far the value head is from what came of states: half the squared distance
/// of each, summed, shape `[1]`; the larger of a value's and of the same moved at
/// most `clip` away from `old`, what it was when the state was met (PPO's clipped
/// value loss). All of shape `[states]`.
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

impl Steps {
    /// Appends a step: its advantage and its free tokens' log-probabilities under the
    /// policy that sampled them. Its tokens' shares are the caller's to append.
    pub fn push(&mut self, advantage: f32, old: &[f32]) {
        self.lengths.push(old.len());
        self.advantages.push(advantage);
        self.old.extend(old);
    }

    /// A number of each step, for each of its tokens.
    fn spread(&self, by_step: &[f32]) -> Vec<f32> {
        let steps = self.lengths.iter().zip(by_step);
        steps
            .flat_map(|(length, value)| std::iter::repeat_n(*value, *length))
            .collect()
    }

    /// The sum over a step's tokens, or their mean, for each of its tokens.
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

    /// What the trainer's probability was over the sampler's, at most `cap`.
    fn importance(&self, ratio: Ratio, cap: f32) -> Vec<f32> {
        let apart: Vec<f32> = self
            .before
            .iter()
            .zip(&self.old)
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
