//! RLOO (Ahmadian et al. 2024, arXiv 2402.14740): a return less the mean of the others'
//! returns, not divided by the standard deviation.

use super::grpo;
use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each episode, with leave-one-out means.
#[derive(Debug)]
pub struct Rloo;

const LEAVE_ONE_OUT: Normalisation = Normalisation {
    by_std: false,
    leave_one_out: true,
};

impl Rloo {
    pub(super) fn new(_: &Settings) -> Self {
        Self
    }
}

impl Algorithm for Rloo {
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_return = |rewards: &Rewards| grpo::by_return(rewards, LEAVE_ONE_OUT);
        episodes.iter().map(by_return).collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        LEAVE_ONE_OUT.apply(rewards)
    }
}
