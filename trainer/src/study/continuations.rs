//! What continuations from a state came to, and the means of that.

use anyhow::Result;

use crate::rollout::continuation::ContinuationResult;
use crate::rollout::outcome::RolloutResult;
use crate::rollout::reward::{RewardFn, RewardParts};
use crate::study::fairness::Truth;

/// What continuations from one state came to.
#[derive(Clone, Default)]
pub(super) struct Sample {
    pub(super) returns: Vec<f64>,
    /// Of each session, from 1: none without a question.
    pub(super) sessions: Vec<Vec<Option<f64>>>,
    /// Of the session that was entered, right after it.
    pub(super) local: Vec<Option<f64>>,
    /// The same of further lives that end there: the rerolls that an estimator
    /// sees, apart from those that the truth is made of.
    pub(super) rerolls: Vec<Option<f64>>,
}

/// Mean and variance of the mean.
#[derive(Clone, Copy)]
pub(super) struct Mean {
    pub(super) value: f64,
    pub(super) variance: f64,
    pub(super) of_one: f64,
}

impl Mean {
    pub(super) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let value = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|x| (x - value).powi(2)).sum();
        let of_one = if values.len() > 1 {
            squares / (count - 1.0)
        } else {
            0.0
        };
        Self {
            value,
            variance: of_one / count,
            of_one,
        }
    }

    pub(super) fn less(self, other: Self) -> Truth {
        Truth {
            value: self.value - other.value,
            doubt: self.variance + other.variance,
        }
    }
}

impl Sample {
    pub(super) fn add(
        &mut self,
        reward_fn: &RewardFn<'_>,
        lived: &ContinuationResult,
        entered: Option<u32>,
    ) -> Result<()> {
        let last = reward_fn.last();
        let rewards = rewards(reward_fn, &lived.result)?;
        self.returns.push(reward_fn.whole(&lived.result)?);
        self.sessions.resize(last as usize, Vec::new());
        for (column, reward) in self.sessions.iter_mut().zip(rewards) {
            column.push(reward);
        }
        if let (Some(session), Some(look)) = (entered, lived.looks.first()) {
            self.local.push(local(reward_fn, &look.result, session)?);
        }
        Ok(())
    }

    /// Samples from the same state as one.
    pub(super) fn together(samples: &[Self]) -> Self {
        let mut all = Self::default();
        for sample in samples {
            all.returns.extend(&sample.returns);
            all.local.extend(&sample.local);
            all.sessions.resize(sample.sessions.len(), Vec::new());
            for (column, more) in all.sessions.iter_mut().zip(&sample.sessions) {
                column.extend(more);
            }
        }
        all
    }

    pub(super) fn of_return(&self) -> Mean {
        Mean::of(&self.returns)
    }

    /// Of a session's reward.
    pub(super) fn of_session(&self, session: u32) -> Option<Mean> {
        let column: Option<Vec<f64>> = self.sessions[session as usize - 1]
            .iter()
            .copied()
            .collect();
        column.map(|column| Mean::of(&column))
    }

    /// Of the mean reward from a session on.
    pub(super) fn of_suffix(&self, session: u32) -> Option<Mean> {
        let later = &self.sessions[session as usize - 1..];
        let one = |place: usize| {
            let rewards: Vec<f64> = later.iter().filter_map(|column| column[place]).collect();
            (!rewards.is_empty()).then(|| rewards.iter().sum::<f64>() / rewards.len() as f64)
        };
        let means: Option<Vec<f64>> = (0..self.returns.len()).map(one).collect();
        means.map(|means| Mean::of(&means))
    }

    /// Of the reward right after the entered session, and of what the session's
    /// final reward is above it.
    pub(super) fn of_local(&self, session: u32) -> Option<(Mean, Mean)> {
        let local: Option<Vec<f64>> = self.local.iter().copied().collect();
        let local = local.filter(|local| !local.is_empty())?;
        let last: Option<Vec<f64>> = self.sessions[session as usize - 1]
            .iter()
            .copied()
            .collect();
        let gains: Vec<f64> = last?
            .iter()
            .zip(&local)
            .map(|(last, now)| last - now)
            .collect();
        Some((Mean::of(&local), Mean::of(&gains)))
    }
}

/// The reward of a session from the bank right after it.
pub(super) fn local(
    reward_fn: &RewardFn<'_>,
    result: &RolloutResult,
    session: u32,
) -> Result<Option<f64>> {
    let worth = reward_fn.session(result, session, session)?;
    Ok(worth.as_ref().map(RewardParts::reward))
}

/// Rewards of all sessions from the final bank.
pub(super) fn rewards(
    reward_fn: &RewardFn<'_>,
    result: &RolloutResult,
) -> Result<Vec<Option<f64>>> {
    let last = reward_fn.last();
    (1..=last)
        .map(|session| {
            let worth = reward_fn.session(result, session, last)?;
            Ok(worth.as_ref().map(RewardParts::reward))
        })
        .collect()
}
