//! Metrics of one training step, as `metrics.jsonl` has them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::env::OpenEpisode;
use crate::rollout::Outcome;
use crate::rollout::policy_model::Overflows;
use crate::rollout::reward::{SUCCESS, mean, named};

/// Metrics of a step's rollouts, rerolls and groups.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GroupMetrics {
    /// Mean reward of the global rollouts' sessions.
    pub reward: f64,
    /// Mean score of the global rollouts' sessions: the reward before the penalty.
    pub score: f64,
    /// Mean compression penalty of the global rollouts' sessions.
    pub cost: f64,
    /// Mean reward of the rerolls.
    pub local_reward: f64,
    /// Rerolls with a question.
    pub rerolled: u64,
    /// Groups of global rollouts that had rewards to compare: sessions with a question, or
    /// other units of the algorithm.
    pub global_groups: u64,
    /// Local groups (rerolled sessions with a question).
    pub local_groups: u64,
    /// Groups of answers, where answers are trained on.
    #[serde(skip_serializing_if = "is_zero")]
    pub answer_groups: u64,
    /// Groups of either kind whose rewards are all equal: no gradient.
    pub zero_variance_groups: u64,
    /// Sessions and rerolled sessions without a question: no gradient.
    pub groups_without_question: u64,
    /// Questions that were dropped for the whole group, because a server did not answer or
    /// label them.
    pub dropped_questions: u64,
    /// Steps that were sampled.
    pub steps: u64,
    /// Steps that carry an advantage.
    pub trained_steps: u64,
    /// Steps of earlier successes that are trained on again.
    #[serde(skip_serializing_if = "is_zero")]
    pub replayed: u64,
    /// Steps whose output was cut off at its length limit or by the context's end.
    pub truncated_steps: u64,
    /// Steps that the context was too short for.
    #[serde(flatten)]
    pub overflows: Overflows,
    /// Tokens that were sampled or forced by a grammar.
    pub generated_tokens: u64,
    /// Mean words in the final banks of global rollouts.
    pub bank_words: f64,
    /// Share of gold evidence missing from the final banks of global rollouts.
    pub m_fail: f64,
    /// Mean metric `success` of the global rollouts' tasks; absent without tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<f64>,
    /// Mean intrinsic reward of tasks and learning answers, which `reward` leaves out; absent unless
    /// `[intrinsic]` pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intrinsic: Option<f64>,
    /// Model outputs that a policy read for a session. Answers to questions are none.
    pub outputs: u64,
    /// Outputs that could not be read.
    pub malformed: u64,
    /// Outputs that were read although their format was not the one asked for.
    pub repaired: u64,
    /// Repaired outputs that were cut off, and whose complete part was used.
    pub repaired_cuts: u64,
    /// Share of outputs that could not be read.
    pub malformed_share: f64,
    /// Share of outputs that were repaired.
    pub repaired_share: f64,
    /// Operations that a bank refused.
    pub refused: u64,
    /// Operations asked of banks, by name.
    pub operations: BTreeMap<String, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl GroupMetrics {
    /// Adds the final banks of global rollouts, and turns the sum of reroll rewards into
    /// their mean.
    pub(super) fn add_banks(&mut self, outcomes: &[Outcome], episodes: &[OpenEpisode]) {
        let (mut rollouts, mut gold, mut missing) = (0u64, 0u64, 0u64);
        for outcome in outcomes.iter().filter(|o| o.id.reroll.is_none()) {
            rollouts += 1;
            self.bank_words += outcome.result.words.total as f64;
            let questions = &episodes[outcome.id.episode].questions;
            for turn in questions.iter().flat_map(|question| &question.evidence) {
                gold += 1;
                missing += u64::from(!outcome.result.evidence.contains_key(turn));
            }
        }
        let global = outcomes.iter().filter(|o| o.id.reroll.is_none());
        let scores = global.flat_map(|outcome| outcome.result.scores.iter().flatten());
        let tasks: Vec<f64> = scores.filter_map(|score| named(score, SUCCESS)).collect();
        self.success = (!tasks.is_empty()).then(|| mean(tasks.iter().copied()));
        let per = |sum: f64, count: u64| sum / count.max(1) as f64;
        self.bank_words = per(self.bank_words, rollouts);
        self.m_fail = per(missing as f64, gold);
        self.local_reward = per(self.local_reward, self.rerolled);
    }

    /// Adds the steps, tokens and operations of rollouts and rerolls. A reroll that repeats a part
    /// of a session adds steps and tokens only: its policy reports the whole session.
    pub(super) fn add_steps(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.steps += outcome.steps.len() as u64;
            for step in &outcome.steps {
                self.generated_tokens += step.sample.tokens.len() as u64;
                self.truncated_steps += u64::from(step.sample.finish.cut_off());
                self.overflows.count(step);
            }
            let counts = &outcome.result.counts;
            self.outputs += counts.outputs;
            self.malformed += counts.malformed;
            self.repaired += counts.repaired;
            self.repaired_cuts += counts.repaired_cuts;
            self.refused += counts.refused;
            for (name, count) in &counts.operations {
                *self.operations.entry(name.clone()).or_default() += count;
            }
        }
        let share = |count: u64| count as f64 / self.outputs.max(1) as f64;
        self.malformed_share = share(self.malformed);
        self.repaired_share = share(self.repaired);
    }
}
