//! LoGo-GRPO's local comparison alone: sessions are rerolled from states that somebody else lived up
//! to, for instance a demonstrator, and nothing else is compared.

use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each rerolled session (equation 15).
#[derive(Debug)]
pub struct LocalGrpo(Normalisation);

impl LocalGrpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.normalisation)
    }
}

impl Algorithm for LocalGrpo {
    fn needs_rollouts(&self) -> bool {
        false
    }

    fn needs_rerolls(&self) -> bool {
        true
    }

    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        episodes.iter().map(Advantages::none).collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        self.0.apply(rewards)
    }
}
