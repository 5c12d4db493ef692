//! Rewards of the continuations from a state, and their means.

use anyhow::Result;

use crate::rollout::continuation::ContinuationResult;
use crate::rollout::outcome::RolloutResult;
use crate::rollout::reward::{RewardFn, RewardParts};
use crate::study::record::Truth;

/// Rewards of the continuations from one state.
#[derive(Clone, Default)]
pub(super) struct Continuations {
    /// Return of each continuation.
    pub(super) returns: Vec<f64>,
    /// Rewards by session, from session 1: `None` for a session without a question.
    pub(super) sessions: Vec<Vec<Option<f64>>>,
    /// Rewards of the session that was entered, from the bank right after it.
    pub(super) local: Vec<Option<f64>>,
    /// The same rewards of further continuations, which end there: the rerolls that an
    /// estimator sees, separate from the continuations behind the truth.
    pub(super) rerolls: Vec<Option<f64>>,
}

/// A mean with its uncertainty.
#[derive(Clone, Copy)]
pub(super) struct Mean {
    pub(super) value: f64,
    /// Variance of the mean.
    pub(super) variance: f64,
    /// Variance of a single value.
    pub(super) of_one: f64,
}

impl Mean {
    /// Returns the mean of values.
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

    /// Returns the difference of two means.
    pub(super) fn minus(self, other: Self) -> Truth {
        Truth {
            value: self.value - other.value,
            squared_error: self.variance + other.variance,
        }
    }
}

impl Continuations {
    /// Adds a continuation, which entered the session `entered`.
    pub(super) fn add(
        &mut self,
        reward_fn: &RewardFn<'_>,
        continued: &ContinuationResult,
        entered: Option<u32>,
    ) -> Result<()> {
        let last = reward_fn.last();
        let rewards = rewards(reward_fn, &continued.result)?;
        self.returns.push(reward_fn.whole(&continued.result)?);
        self.sessions.resize(last as usize, Vec::new());
        for (column, reward) in self.sessions.iter_mut().zip(rewards) {
            column.push(reward);
        }
        if let (Some(session), Some(probe)) = (entered, continued.probes.first()) {
            self.local.push(local(reward_fn, &probe.result, session)?);
        }
        Ok(())
    }

    /// Joins the continuations of several rollouts from the same state.
    pub(super) fn join(states: &[Self]) -> Self {
        let mut all = Self::default();
        for state in states {
            all.returns.extend(&state.returns);
            all.local.extend(&state.local);
            all.sessions.resize(state.sessions.len(), Vec::new());
            for (column, more) in all.sessions.iter_mut().zip(&state.sessions) {
                column.extend(more);
            }
        }
        all
    }

    /// Returns the mean return.
    pub(super) fn of_return(&self) -> Mean {
        Mean::of(&self.returns)
    }

    /// Returns the mean reward of a session.
    pub(super) fn of_session(&self, session: u32) -> Option<Mean> {
        let column: Option<Vec<f64>> = self.sessions[session as usize - 1]
            .iter()
            .copied()
            .collect();
        column.map(|column| Mean::of(&column))
    }

    /// Returns the mean over continuations of the mean reward from a session on.
    pub(super) fn of_suffix(&self, session: u32) -> Option<Mean> {
        let later = &self.sessions[session as usize - 1..];
        let one = |place: usize| {
            let rewards: Vec<f64> = later.iter().filter_map(|column| column[place]).collect();
            (!rewards.is_empty()).then(|| rewards.iter().sum::<f64>() / rewards.len() as f64)
        };
        let means: Option<Vec<f64>> = (0..self.returns.len()).map(one).collect();
        means.map(|means| Mean::of(&means))
    }

    /// Returns the mean reward right after the entered session, and the mean difference of the
    /// session's final reward from it.
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

/// Returns the reward of a session from the bank right after it.
pub(super) fn local(
    reward_fn: &RewardFn<'_>,
    result: &RolloutResult,
    session: u32,
) -> Result<Option<f64>> {
    let worth = reward_fn.session(result, session)?;
    Ok(worth.as_ref().map(RewardParts::reward))
}

/// Returns the rewards of all sessions from the final bank.
pub(super) fn rewards(
    reward_fn: &RewardFn<'_>,
    result: &RolloutResult,
) -> Result<Vec<Option<f64>>> {
    let last = reward_fn.last();
    (1..=last)
        .map(|session| {
            let worth = reward_fn.session(result, session)?;
            Ok(worth.as_ref().map(RewardParts::reward))
        })
        .collect()
}
