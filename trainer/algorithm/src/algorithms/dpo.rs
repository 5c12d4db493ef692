//! Iterated DPO (RLHF Workflow, Dong et al. 2024, arXiv 2405.07863): the best member of a group is
//! preferred to the worst. Members are the rollouts of a session, and the rerolls of one, which
//! began from the same bank.

use super::session_grpo;
use crate::algorithm::{Algorithm, Settings};
use crate::loss::LogRatioLoss;
use crate::loss::preference::Preference;
use crate::rewards::{Advantages, Rewards};

/// One pair for each session, and one for each rerolled session.
#[derive(Debug)]
pub struct Dpo(Preference);

impl Dpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(Preference {
            beta: settings.beta,
            smoothing: settings.smoothing,
        })
    }
}

impl Algorithm for Dpo {
    fn needs_rerolls(&self) -> bool {
        true
    }

    fn log_ratio_loss(&self) -> Option<LogRatioLoss> {
        Some(LogRatioLoss::Preference(self.0))
    }

    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_session =
            |rewards: &Rewards| session_grpo::by_session(rewards, &rewards.sessions, pair);
        episodes.iter().map(by_session).collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        pair(rewards)
    }
}

/// Returns 1 for the first of the best, -1 for the first of the worst and 0 for all others. None
/// if all are equal.
fn pair(rewards: &[f64]) -> Option<Vec<f64>> {
    let first = |better: fn(f64, f64) -> bool| {
        (0..rewards.len()).reduce(|best, at| match better(rewards[at], rewards[best]) {
            true => at,
            false => best,
        })
    };
    let chosen = first(|one, other| one > other)?;
    let rejected = first(|one, other| one < other)?;
    let mut signs = vec![0.0; rewards.len()];
    signs[chosen] = 1.0;
    signs[rejected] = -1.0;
    (rewards[chosen] > rewards[rejected]).then_some(signs)
}
