//! GRPO (Shao et al. 2024, arXiv 2402.03300): whole trajectories are compared, and every
//! session shares the result.

use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each episode, over its n returns.
#[derive(Debug)]
pub struct Grpo(Normalisation);

impl Grpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.normalisation)
    }
}

impl Algorithm for Grpo {
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_return = |rewards: &Rewards| by_return(rewards, self.0);
        episodes.iter().map(by_return).collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        self.0.apply(rewards)
    }
}

/// Normalises the returns of an episode's rollouts.
pub(super) fn by_return(rewards: &Rewards, normalisation: Normalisation) -> Advantages {
    let mut given = Advantages::none(rewards);
    given.groups = 1;
    match normalisation.apply(&rewards.returns) {
        None => given.without_variance = 1,
        Some(advantages) => {
            for (row, advantage) in given.sessions.iter_mut().zip(advantages) {
                row.fill(Some(advantage));
            }
        }
    }
    given
}
