//! Rows of a training step: prompts and completions, with their advantages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Result, bail};
use memloom_engine::model::packing::{Row, Sequence};
use rand::Rng;
use rand::seq::SliceRandom;

use crate::rollout::Outcome;
use crate::rollout::policy_model::Step;
use crate::train::credit::Earned;

/// Most completion tokens behind one copy of a prompt. Bounds the cost of attention.
const SHARED_TOKENS: usize = 256;

/// A row of the update: a prompt, its completions, and each completion's part of the loss
/// inputs.
#[derive(Clone)]
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
    /// Number of the group that the advantage was earned in.
    pub group: u64,
    /// Number of its rollout or reroll within the step.
    pub trajectory: u64,
    /// Log-probabilities of its free tokens when it was sampled.
    pub sampler_logprobs: Vec<f32>,
}

/// Returns the positions of a step's free tokens: those chosen from more than one.
pub fn free(step: &Step) -> impl Iterator<Item = usize> + '_ {
    let choices = &step.sample.choices;
    (0..choices.len()).filter(|at| choices[*at].as_ref().is_none_or(|choice| choice.len() > 1))
}

/// The steps that are trained on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choosing<'a> {
    /// The only role that learns, or `None` for all.
    pub role: Option<&'a str>,
    /// Leaves out steps that were cut off.
    pub mask_truncated: bool,
    /// Leaves out steps whose advantage is nearer to 0.
    pub least_advantage: f64,
    /// Keeps nothing but pairs: groups with an output on either side.
    pub pairs: bool,
    /// The most steps of an episode: they are dealt in rounds, one of each trajectory a round.
    pub most_steps: Option<usize>,
}

/// Lays out the steps that carry an advantage: one row for each prompt and role, cut where
/// its completions get too long. The order depends
/// on nothing but the tokens. Where an episode has too many steps, `random` deals them.
///
/// # Errors
/// Fails if a log-probability is not finite. The error names rollout and session.
pub fn rows(
    outcomes: &[Outcome],
    given: &[Earned],
    choosing: Choosing<'_>,
    random: &mut impl Rng,
) -> Result<Vec<ScoredRow>> {
    let mut chosen: Vec<(&Step, Scored)> = Vec::new();
    for earned in given {
        let (trajectory, advantage) = (earned.outcome, earned.advantage);
        let beside = choosing.pairs && advantage == 0.0;
        if beside || advantage.abs() < choosing.least_advantage {
            continue;
        }
        for step in &outcomes[trajectory].steps {
            let learns = choosing.role.is_none_or(|role| role == &*step.role);
            let cut_off = step.sample.finish.cut_off();
            if !earned.unit.holds(step) || !learns || cut_off && choosing.mask_truncated {
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
                group: earned.group,
                trajectory: trajectory as u64,
                sampler_logprobs,
            };
            chosen.push((step, scored));
        }
    }
    if choosing.pairs {
        let side = |scored: &Scored| (scored.group, scored.advantage > 0.0);
        let sides: BTreeSet<(u64, bool)> = chosen.iter().map(|(_, s)| side(s)).collect();
        chosen.retain(|(_, s)| {
            [true, false]
                .iter()
                .all(|at| sides.contains(&(s.group, *at)))
        });
    }
    if let Some(most) = choosing.most_steps {
        let mut episodes: BTreeMap<usize, Vec<(&Step, Scored)>> = BTreeMap::new();
        for (step, scored) in chosen {
            let episode = outcomes[scored.trajectory as usize].id.episode;
            episodes.entry(episode).or_default().push((step, scored));
        }
        let dealt = episodes.into_values().map(|own| dealt(own, most, random));
        chosen = dealt.flatten().collect();
    }
    type Prompt<'a> = (&'a Arc<[u32]>, &'a Arc<str>);
    let mut shared: BTreeMap<Prompt<'_>, Vec<(&Step, Scored)>> = BTreeMap::new();
    for (step, scored) in chosen {
        let prompt = (&step.prompt, &step.role);
        shared.entry(prompt).or_default().push((step, scored));
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

/// Returns at most `most` steps of an episode, dealt in rounds, one of each trajectory a round
/// (Memory-as-Action's segments, arXiv 2510.12635). Which ones, and in which order, is random.
fn dealt<'a>(
    steps: Vec<(&'a Step, Scored)>,
    most: usize,
    random: &mut impl Rng,
) -> Vec<(&'a Step, Scored)> {
    let mut trajectories: BTreeMap<u64, Vec<(&Step, Scored)>> = BTreeMap::new();
    for (step, scored) in steps {
        let own = trajectories.entry(scored.trajectory).or_default();
        own.push((step, scored));
    }
    let mut hands: Vec<Vec<(&Step, Scored)>> = trajectories.into_values().collect();
    hands.iter_mut().for_each(|hand| hand.shuffle(random));
    hands.shuffle(random);
    let mut dealt = Vec::new();
    while hands.iter().any(|hand| !hand.is_empty()) {
        dealt.extend(hands.iter_mut().filter_map(Vec::pop));
    }
    dealt.truncate(most);
    dealt
}

#[cfg(test)]
mod tests;
