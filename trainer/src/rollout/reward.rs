//! What a rollout's bank is worth: scores less the price of words, by session
//! and in all.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use memloom_algorithm::reward::{Compression, session_score};
use memloom_runtime::types::{Question, Score};

use crate::env::OpenEpisode;
use crate::rollout::outcome::RolloutResult;

/// Share of a question's gold evidence that a bank names: a reward that needs no
/// reader.
pub const HELD: &str = "held-evidence";

/// The figure that is the reward of a question: `reward`, one of the
/// environment's metrics, or [`HELD`]; none where it needs an answer and the
/// question was not asked.
pub fn reward_of(
    question: &Question,
    score: Option<&Score>,
    evidence: &BTreeSet<String>,
    metric: &str,
) -> Result<Option<f64>> {
    if metric == HELD {
        let gold = question.evidence.len().max(1) as f64;
        let missing = question
            .evidence
            .iter()
            .filter(|turn| !evidence.contains(*turn));
        return Ok(Some(1.0 - missing.count() as f64 / gold));
    }
    let Some(score) = score else { return Ok(None) };
    match metric {
        "reward" => Ok(f64::from(score.reward)),
        _ => named(score, metric).with_context(|| {
            let names: Vec<_> = score
                .metrics
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            format!(
                "algorithm.metric = \"{metric}\": there are reward, {HELD}, {}",
                names.join(", ")
            )
        }),
    }
    .map(Some)
}

/// Returns the metric of a score with this name.
pub(crate) fn named(score: &Score, metric: &str) -> Option<f64> {
    let found = score.metrics.iter().find(|(name, _)| name == metric);
    found.map(|(_, value)| f64::from(*value))
}

/// The mean; 0 of nothing.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// A score and what the words cost.
pub struct RewardParts {
    /// Mean over questions.
    pub score: f64,
    /// The penalty.
    pub cost: f64,
}

impl RewardParts {
    /// What is left.
    pub fn reward(&self) -> f64 {
        self.score - self.cost
    }
}

/// What rollouts of an episode are worth.
pub struct RewardFn<'a> {
    opened: &'a OpenEpisode,
    metric: &'a str,
    compression: Compression,
    dialogue: Vec<u64>,
}

impl<'a> RewardFn<'a> {
    /// By a figure of scores, less a penalty for words.
    pub fn new(opened: &'a OpenEpisode, metric: &'a str, compression: Compression) -> Self {
        Self {
            opened,
            metric,
            compression,
            dialogue: opened.dialogue(),
        }
    }

    /// The episode's last session.
    pub fn last(&self) -> u32 {
        self.opened.sessions()
    }

    /// What a bank that has read the sessions up to `read` is worth for a
    /// session; none where that has no question (equations 8 to 12).
    ///
    /// # Errors
    /// A metric that the environment does not have; a reward that is no number.
    pub fn session(
        &self,
        result: &RolloutResult,
        session: u32,
        read: u32,
    ) -> Result<Option<RewardParts>> {
        let scores = self.scores(result)?;
        let Some(score) = session_score(&scores, session) else {
            return Ok(None);
        };
        let words = &result.words;
        let cost = self.compression.cost(words, &self.dialogue, session, read);
        let worth = RewardParts { score, cost };
        self.check(session, worth.reward())?;
        Ok(Some(worth))
    }

    /// What the final bank is worth for all questions: a trajectory's return.
    ///
    /// # Errors
    /// As [`RewardFn::session`].
    pub fn whole(&self, result: &RolloutResult) -> Result<f64> {
        let scores = self.scores(result)?;
        let last = self.opened.sessions();
        let words = &result.words;
        let cost = |session| self.compression.cost(words, &self.dialogue, session, last);
        let costs: Vec<f64> = (1..=last).map(cost).collect();
        let value = mean(scores.iter().map(|(score, _)| *score)) - mean(costs.into_iter());
        self.check(last, value)?;
        Ok(value)
    }

    /// Of the questions that were asked, with their sessions.
    fn scores(&self, result: &RolloutResult) -> Result<Vec<(f64, &'a [u32])>> {
        let mut scores = Vec::new();
        for (question, score) in self.opened.questions.iter().zip(&result.scores) {
            let reward = reward_of(question, score.as_ref(), &result.evidence, self.metric)?;
            scores.extend(reward.map(|reward| (reward, question.sessions.as_slice())));
        }
        Ok(scores)
    }

    fn check(&self, session: u32, reward: f64) -> Result<()> {
        ensure!(
            reward.is_finite(),
            "the reward of session {session} of {} is {reward}: check the environment's scores",
            self.opened.id
        );
        Ok(())
    }
}
