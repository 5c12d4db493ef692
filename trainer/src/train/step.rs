//! From outcomes to rows that are trained on: rewards, groups, advantages.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use rand::Rng;
use serde::Serialize;

use crate::eval::figures::reward_of;
use crate::logo::advantage::normalise;
use crate::logo::reward::{Compression, session_score};
use crate::model::pack::{Row, Sequence};
use crate::rollout::model::Step;
use crate::rollout::{Anchor, Outcome};
use crate::world::Opened;

/// Completion tokens laid out behind one copy of a prompt: bounds the square
/// of the attention.
const SHARED_TOKENS: usize = 256;

/// A row of the update: a prompt, completions, and what the loss needs of each.
pub struct ScoredRow {
    /// Tokens.
    pub row: Row,
    /// Advantage of each completion.
    pub advantages: Vec<f32>,
    /// Log-probabilities of each completion's free tokens when it was sampled.
    pub old: Vec<Vec<f32>>,
}

/// What a step's rollouts amounted to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Groups {
    /// Mean reward of the global rollouts' sessions.
    pub reward: f64,
    /// Its part from scores.
    pub score: f64,
    /// Its part from compression.
    pub cost: f64,
    /// Mean reward of the rerolls.
    pub local_reward: f64,
    /// Global groups (sessions with a question).
    pub global_groups: u64,
    /// Local groups (rerolled sessions with a question).
    pub local_groups: u64,
    /// Groups of either kind whose rewards are all equal: no gradient.
    pub zero_variance_groups: u64,
    /// Sessions and rerolled sessions without a question: no gradient.
    pub groups_without_question: u64,
    /// Steps that were sampled.
    pub steps: u64,
    /// Steps that carry an advantage.
    pub trained_steps: u64,
    /// Tokens that were sampled or forced by a grammar.
    pub generated_tokens: u64,
    /// Mean words in the final banks of global rollouts.
    pub bank_words: f64,
    /// Share of gold evidence missing from the final banks of global rollouts.
    pub m_fail: f64,
    /// Model outputs that could not be read.
    pub malformed: u64,
    /// Operations that a bank refused.
    pub refused: u64,
    /// Operations asked of banks, by name.
    pub operations: BTreeMap<String, u64>,
}

/// How rewards are computed in a stage.
pub struct Rewards<'a> {
    /// Which figure of a score.
    pub metric: &'a str,
    /// The penalty.
    pub compression: Compression,
}

/// Draws the sessions that are rerolled, each with probability `chance` and one
/// anchor, uniform over the rollouts (equations 13 and 14). Before the step, so
/// that only those states are kept.
pub fn anchors(
    generator: &mut impl Rng,
    sessions: u32,
    rollouts: usize,
    chance: f64,
) -> Vec<Anchor> {
    (1..=sessions)
        .filter_map(|session| {
            let chosen = generator.random_bool(chance);
            let rollout = generator.random_range(0..rollouts);
            chosen.then_some(Anchor { session, rollout })
        })
        .collect()
}

/// Rewards, groups and advantages of a step's outcomes; the rows to train on in
/// an order that depends on nothing but their tokens.
pub fn assemble(
    outcomes: &[Outcome],
    episodes: &[Opened],
    rewards: &Rewards<'_>,
) -> Result<(Vec<ScoredRow>, Groups)> {
    let mut groups = Groups::default();
    let mut shared: BTreeMap<Arc<[u32]>, Vec<(&Step, f32)>> = BTreeMap::new();
    let (mut rewarded, mut rerolled, mut rollouts) = (0u64, 0u64, 0u64);
    let (mut gold, mut missing) = (0u64, 0u64);
    for (index, opened) in episodes.iter().enumerate() {
        let (global, local): (Vec<&Outcome>, Vec<&Outcome>) = outcomes
            .iter()
            .filter(|outcome| outcome.place.episode == index)
            .partition(|outcome| outcome.place.reroll.is_none());
        let dialogue = opened.dialogue();
        let last = opened.sessions();
        for outcome in &global {
            rollouts += 1;
            groups.bank_words += outcome.settled.words.total as f64;
            for turn in opened.questions.iter().flat_map(|q| &q.evidence) {
                gold += 1;
                missing += u64::from(!outcome.settled.evidence.contains(turn));
            }
        }
        let mut group = |members: &[&Outcome],
                         session: u32,
                         read: u32|
         -> Result<(Option<Vec<f64>>, Vec<f64>)> {
            let mut values = Vec::new();
            let (mut scores, mut costs) = (0.0, 0.0);
            for outcome in members {
                let Some(score) = score_in(outcome, opened, session, rewards.metric)? else {
                    groups.groups_without_question += 1;
                    return Ok((None, Vec::new()));
                };
                let cost =
                    rewards
                        .compression
                        .cost(&outcome.settled.words, &dialogue, session, read);
                scores += score;
                costs += cost;
                values.push(score - cost);
            }
            if read == last && members.iter().all(|m| m.place.reroll.is_none()) {
                groups.score += scores;
                groups.cost += costs;
            }
            let advantages = normalise(&values);
            groups.zero_variance_groups += u64::from(advantages.is_none());
            Ok((advantages, values))
        };
        let mut given: Vec<(&Outcome, u32, f64)> = Vec::new();
        let mut counted = (0u64, 0u64);
        for session in 1..=last {
            let (advantages, values) = group(&global, session, last)?;
            counted.0 += u64::from(!values.is_empty());
            rewarded += values.len() as u64;
            for (outcome, advantage) in global.iter().zip(advantages.into_iter().flatten()) {
                given.push((outcome, session, advantage));
            }
        }
        let mut local_reward = 0.0;
        let mut by_session: BTreeMap<u32, Vec<&Outcome>> = BTreeMap::new();
        for outcome in local {
            if let Some((session, _)) = outcome.place.reroll {
                by_session.entry(session).or_default().push(outcome);
            }
        }
        for (session, members) in by_session {
            let (advantages, values) = group(&members, session, session)?;
            counted.1 += u64::from(!values.is_empty());
            rerolled += values.len() as u64;
            local_reward += values.iter().sum::<f64>();
            for (outcome, advantage) in members.iter().zip(advantages.into_iter().flatten()) {
                given.push((outcome, session, advantage));
            }
        }
        groups.global_groups += counted.0;
        groups.local_groups += counted.1;
        groups.local_reward += local_reward;
        for (outcome, session, advantage) in given {
            for step in outcome.steps.iter().filter(|step| step.session == session) {
                if free(step).next().is_some() {
                    groups.trained_steps += 1;
                    shared
                        .entry(step.prompt.clone())
                        .or_default()
                        .push((step, advantage as f32));
                }
            }
        }
    }
    for outcome in outcomes {
        groups.steps += outcome.steps.len() as u64;
        groups.generated_tokens += outcome
            .steps
            .iter()
            .map(|step| step.sample.tokens.len() as u64)
            .sum::<u64>();
        groups.malformed += outcome.settled.tally.malformed;
        groups.refused += outcome.settled.tally.refused;
        for (name, count) in &outcome.settled.tally.operations {
            *groups.operations.entry(name.clone()).or_default() += count;
        }
    }
    let per = |sum: f64, count: u64| if count == 0 { 0.0 } else { sum / count as f64 };
    groups.score = per(groups.score, rewarded);
    groups.cost = per(groups.cost, rewarded);
    groups.reward = groups.score - groups.cost;
    groups.local_reward = per(groups.local_reward, rerolled);
    groups.bank_words = per(groups.bank_words, rollouts);
    groups.m_fail = per(missing as f64, gold);
    Ok((rows(shared), groups))
}

fn score_in(outcome: &Outcome, opened: &Opened, session: u32, metric: &str) -> Result<Option<f64>> {
    let mut scores = Vec::new();
    for (question, score) in opened.questions.iter().zip(&outcome.settled.scores) {
        let evidence = &outcome.settled.evidence;
        if let Some(reward) = reward_of(question, score.as_ref(), evidence, metric)? {
            scores.push((reward, question.sessions.as_slice()));
        }
    }
    Ok(session_score(&scores, session))
}

fn free(step: &Step) -> impl Iterator<Item = usize> + '_ {
    let choices = &step.sample.choices;
    (0..choices.len()).filter(|at| choices[*at].as_ref().is_none_or(|choice| choice.len() > 1))
}

/// One row for each prompt, cut where its completions get too long.
fn rows(shared: BTreeMap<Arc<[u32]>, Vec<(&Step, f32)>>) -> Vec<ScoredRow> {
    let mut rows = Vec::new();
    for (prompt, steps) in shared {
        let mut tokens = SHARED_TOKENS;
        for (step, advantage) in steps {
            let length = step.sample.tokens.len();
            if tokens + length > SHARED_TOKENS {
                tokens = 0;
                rows.push(ScoredRow {
                    row: Row {
                        prompt: prompt.clone(),
                        completions: Vec::new(),
                    },
                    advantages: Vec::new(),
                    old: Vec::new(),
                });
            }
            tokens += length;
            if let Some(scored) = rows.last_mut() {
                scored.row.completions.push(Sequence {
                    tokens: step.sample.tokens.clone(),
                    choices: step.sample.choices.clone(),
                });
                scored.advantages.push(advantage);
                scored
                    .old
                    .push(free(step).map(|at| step.sample.logprobs[at]).collect());
            }
        }
    }
    rows
}
