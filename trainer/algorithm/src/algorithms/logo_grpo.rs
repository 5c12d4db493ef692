//! LoGo-GRPO (Memory-R2, arXiv 2605.21768). Rollouts of an episode are compared session by
//! session, and some sessions are rerolled from one state and compared there.

use super::{grpo, session_grpo};
use crate::algorithm::{Algorithm, Credit, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// Memory-R2's algorithm.
#[derive(Debug)]
pub struct LogoGrpo {
    credit: Credit,
    normalisation: Normalisation,
}

impl LogoGrpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            credit: settings.credit,
            normalisation: settings.normalisation,
        }
    }
}

impl Algorithm for LogoGrpo {
    fn needs_rerolls(&self) -> bool {
        true
    }

    fn weighs_outputs(&self) -> bool {
        self.credit == Credit::Step
    }

    /// The global comparison, equations 10 to 12: one group for each session, over the n
    /// rollouts.
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let compare = |group: &[f64]| self.normalisation.apply(group);
        let global = |rewards: &Rewards| match self.credit {
            Credit::Session => session_grpo::by_session(rewards, &rewards.sessions, compare),
            Credit::Suffix => session_grpo::by_session(rewards, &suffixes(rewards), compare),
            Credit::Trajectory => grpo::by_return(rewards, self.normalisation),
            Credit::Step => by_output(rewards, self.normalisation),
        };
        episodes.iter().map(global).collect()
    }

    /// The local comparison, equation 15: one group for each rerolled session, over its m
    /// rerolls.
    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        self.normalisation.apply(rewards)
    }
}

/// Normalises the rewards of all outputs of an episode's rollouts together.
fn by_output(rewards: &Rewards, normalisation: Normalisation) -> Advantages {
    let mut given = Advantages::none(rewards);
    given.groups = 1;
    let outputs: Vec<f64> = rewards
        .sessions
        .iter()
        .flatten()
        .flatten()
        .copied()
        .collect();
    let Some(advantages) = normalisation.apply(&outputs) else {
        given.without_variance = 1;
        return given;
    };
    let mut advantages = advantages.into_iter();
    for (row, rewards) in given.sessions.iter_mut().zip(&rewards.sessions) {
        for (cell, reward) in row.iter_mut().zip(rewards) {
            *cell = reward.and_then(|_| advantages.next());
        }
    }
    given
}

/// Returns, for each session, the mean reward of it and all later ones that have a
/// question, by rollout, then session.
pub(super) fn suffixes(rewards: &Rewards) -> Vec<Vec<Option<f64>>> {
    let suffix_means = |rewards: &Vec<Option<f64>>| {
        let (mut sum, mut count) = (0.0, 0.0);
        let mut means: Vec<Option<f64>> = Vec::with_capacity(rewards.len());
        for reward in rewards.iter().rev() {
            if let Some(reward) = reward {
                sum += reward;
                count += 1.0;
            }
            means.push((count > 0.0).then(|| sum / count));
        }
        means.reverse();
        means
    };
    rewards.sessions.iter().map(suffix_means).collect()
}
