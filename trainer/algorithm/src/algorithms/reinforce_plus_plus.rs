//! REINFORCE++ (Hu et al. 2025, arXiv 2501.03262): whole trajectories are compared over all
//! episodes of a step.

use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each step, over the returns of all its rollouts.
#[derive(Debug)]
pub struct ReinforcePlusPlus;

impl ReinforcePlusPlus {
    pub(super) fn new(_: &Settings) -> Self {
        Self
    }
}

impl Algorithm for ReinforcePlusPlus {
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let returns = episodes.iter().flat_map(|rewards| &rewards.returns);
        let returns: Vec<f64> = returns.copied().collect();
        let normalised = Normalisation::Z_SCORE.apply(&returns);
        let mut given: Vec<Advantages> = episodes.iter().map(Advantages::none).collect();
        // The one group is counted with the first episode.
        if let Some(first) = given.first_mut() {
            first.groups = 1;
            first.without_variance = u64::from(normalised.is_none());
        }
        let rows = given.iter_mut().flat_map(|given| &mut given.sessions);
        for (row, advantage) in rows.zip(normalised.into_iter().flatten()) {
            row.fill(Some(advantage));
        }
        given
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        Normalisation::Z_SCORE.apply(rewards)
    }
}
