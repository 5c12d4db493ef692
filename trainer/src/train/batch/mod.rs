//! Rows of a training step: prompts and completions, with their advantages.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use memloom_engine::model::packing::{Row, Sequence};

use crate::rollout::Outcome;
use crate::rollout::policy_model::Step;
use crate::train::credit::Unit;

/// Most completion tokens behind one copy of a prompt. Bounds the cost of attention.
const SHARED_TOKENS: usize = 256;

/// A row of the update: a prompt, its completions, and each completion's part of the loss
/// inputs.
pub struct ScoredRow {
    /// Role that the completions were sampled for.
    pub role: Arc<str>,
    /// Tokens of prompt and completions.
    pub row: Row,
    /// One for each completion.
    pub scored: Vec<Scored>,
}

/// A completion's part of the loss inputs.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Advantage of each of its tokens.
    pub advantage: f32,
    /// Number of its rollout or reroll within the step.
    pub trajectory: u64,
    /// Log-probabilities of its free tokens when it was sampled.
    pub sampler_logprobs: Vec<f32>,
}

/// Returns the positions of a step's free tokens: those chosen from more than one.
fn free(step: &Step) -> impl Iterator<Item = usize> + '_ {
    let choices = &step.sample.choices;
    (0..choices.len()).filter(|at| choices[*at].as_ref().is_none_or(|choice| choice.len() > 1))
}

/// Lays out the steps that carry an advantage, given as (outcome, unit, advantage): one
/// row for each prompt and role, cut where its completions get too long. The order depends
/// on nothing but the tokens. `role` is the only role that learns, or `None` for all;
/// `mask_truncated` leaves out steps that were cut off.
///
/// # Errors
/// Fails if a log-probability is not finite. The error names rollout and session.
pub fn rows(
    outcomes: &[Outcome],
    given: &[(usize, Unit, f64)],
    role: Option<&str>,
    mask_truncated: bool,
) -> Result<Vec<ScoredRow>> {
    type Prompt<'a> = (&'a Arc<[u32]>, &'a Arc<str>);
    let mut shared: BTreeMap<Prompt<'_>, Vec<(&Step, Scored)>> = BTreeMap::new();
    for (trajectory, unit, advantage) in given {
        let (trajectory, advantage) = (*trajectory, *advantage);
        for step in &outcomes[trajectory].steps {
            let learns = role.is_none_or(|role| role == &*step.role);
            let cut_off = step.sample.finish.cut_off();
            if !unit.holds(step) || !learns || cut_off && mask_truncated {
                continue;
            }
            let sampler_logprobs: Vec<f32> =
                free(step).map(|at| step.sample.logprobs[at]).collect();
            if sampler_logprobs.is_empty() {
                continue;
            }
            if let Some(bad) = sampler_logprobs.iter().find(|logprob| !logprob.is_finite()) {
                bail!(
                    "{}: a log-probability in session {} is {bad}",
                    outcomes[trajectory].id,
                    step.session
                );
            }
            if let Some(temperature) = step.temperature {
                bail!(
                    "the policy sets the temperature {temperature} for its role {}, which learns: ratios assume algorithm.temperature",
                    step.role
                );
            }
            let scored = Scored {
                advantage: advantage as f32,
                trajectory: trajectory as u64,
                sampler_logprobs,
            };
            let prompt = (&step.prompt, &step.role);
            shared.entry(prompt).or_default().push((step, scored));
        }
    }
    let mut rows = Vec::new();
    for ((prompt, role), steps) in shared {
        let mut tokens = SHARED_TOKENS;
        for (step, scored) in steps {
            let length = step.sample.tokens.len();
            if tokens + length > SHARED_TOKENS {
                tokens = 0;
                rows.push(ScoredRow {
                    role: role.clone(),
                    row: Row {
                        prompt: prompt.clone(),
                        completions: Vec::new(),
                    },
                    scored: Vec::new(),
                });
            }
            tokens += length;
            if let Some(row) = rows.last_mut() {
                row.row.completions.push(Sequence {
                    tokens: step.sample.tokens.clone(),
                    choices: step.sample.choices.clone(),
                });
                row.scored.push(scored);
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
