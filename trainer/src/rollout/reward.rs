//! What a rollout's bank is worth: scores less the price of words, by session
//! and in all.

use anyhow::{Result, ensure};
use memloom_algorithm::reward::{Compression, session_score};

use crate::env::OpenEpisode;
use crate::eval::metrics::reward_of;
use crate::rollout::outcome::RolloutResult;

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
