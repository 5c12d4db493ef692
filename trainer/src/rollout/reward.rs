//! Rewards of rollouts: scores minus the compression penalty, by session and over the whole
//! episode.

use anyhow::{Context, Result, ensure};
use memloom_algorithm::reward::{Compression, session_score};
use memloom_runtime::types::{Question, Score};

use crate::config::{HELD, JUDGE, KEPT, needs_answers};
use crate::env::OpenEpisode;
use crate::rollout::kept::Kept;
use crate::rollout::outcome::RolloutResult;

/// Name of the metric that says whether a task was solved.
pub const SUCCESS: &str = "success";

/// Name of the metric that counts the acts of a task.
pub const ACTS: &str = "acts";

/// Returns the reward of a question by a metric: `reward`, one of the environment's metrics,
/// [`HELD`] or [`KEPT`]. `None` if the metric needs an answer and the question was not asked, and
/// for a silent question if it needs none. A judge sees no silent question: it counts by the
/// environment's reward.
///
/// # Errors
/// Fails if the environment has no such metric.
pub fn reward_of(
    question: &Question,
    score: Option<&Score>,
    evidence: &Kept,
    metric: &str,
) -> Result<Option<f64>> {
    if !needs_answers(metric) {
        let share = |turn: &String| match (evidence.get(turn), metric) {
            (None, _) => 0.0,
            (Some(share), KEPT) => *share,
            (Some(_), _) => 1.0,
        };
        let gold = &question.evidence;
        let reward = match gold.is_empty() {
            true => 1.0,
            false => mean(gold.iter().map(share)),
        };
        return Ok((!question.is_silent()).then_some(reward));
    }
    let Some(score) = score else { return Ok(None) };
    match metric {
        "reward" => Ok(f64::from(score.reward)),
        JUDGE if question.is_silent() => Ok(f64::from(score.reward)),
        _ => named(score, metric).with_context(|| {
            let names: Vec<_> = score
                .metrics
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            format!(
                "algorithm.metric = \"{metric}\": there are reward, {HELD}, {KEPT}, {}",
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

/// Returns the mean, or 0 without values.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// A reward in its two parts.
pub struct RewardParts {
    /// Mean score over questions.
    pub score: f64,
    /// Compression penalty, and prices of calls.
    pub cost: f64,
}

impl RewardParts {
    /// Returns the score minus the penalty.
    pub fn reward(&self) -> f64 {
        self.score - self.cost
    }
}

/// The reward function of an episode.
pub struct RewardFn<'a> {
    opened: &'a OpenEpisode,
    metric: &'a str,
    compression: Compression,
}

impl<'a> RewardFn<'a> {
    /// Returns the reward function of a metric with a penalty for words.
    pub fn new(opened: &'a OpenEpisode, metric: &'a str, compression: Compression) -> Self {
        Self {
            opened,
            metric,
            compression,
        }
    }

    /// Returns the episode's last session.
    pub fn last(&self) -> u32 {
        self.opened.sessions()
    }

    /// Returns the reward of a session from a bank that has read the sessions up to the result's
    /// last; `None` for a session without a question (equations 8 to 12).
    ///
    /// # Errors
    /// Fails if the environment has no such metric, or if the reward is not finite.
    pub fn session(&self, result: &RolloutResult, session: u32) -> Result<Option<RewardParts>> {
        let scores = self.scores(result)?;
        let Some(score) = session_score(&scores, session) else {
            return Ok(None);
        };
        let words = &result.words;
        let words = self
            .compression
            .cost(words, self.opened.dialogue(), session, result.lived);
        let cost = words + result.spent.get(&session).copied().unwrap_or(0.0);
        let parts = RewardParts { score, cost };
        self.check(session, parts.reward())?;
        Ok(Some(parts))
    }

    /// Returns a trajectory's return: the reward of the final bank over all questions.
    ///
    /// # Errors
    /// Fails like [`RewardFn::session`].
    pub fn whole(&self, result: &RolloutResult) -> Result<f64> {
        let scores = self.scores(result)?;
        let last = self.opened.sessions();
        let words = &result.words;
        let cost = |session| {
            self.compression
                .cost(words, self.opened.dialogue(), session, last)
        };
        let costs: Vec<f64> = (1..=last).map(cost).collect();
        let value = mean(scores.iter().map(|(score, _)| *score))
            - mean(costs.into_iter())
            - result.spent_per_session(last);
        self.check(last, value)?;
        Ok(value)
    }

    /// Returns the scores of the questions that were asked, with their sessions.
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
