//! RLOO (Ahmadian et al. 2024, arXiv 2402.14740): a return less the mean of the others'
//! returns, not divided by the standard deviation.

use super::grpo;
use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each episode, with leave-one-out means.
#[derive(Debug)]
pub struct Rloo;

impl Rloo {
    pub(super) fn new(_: &Settings) -> Self {
        Self
    }
}

impl Algorithm for Rloo {
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let leave_one_out = Normalisation {
            by_std: false,
            leave_one_out: true,
        };
        let by_return = |rewards: &Rewards| grpo::by_return(rewards, leave_one_out);
        episodes.iter().map(by_return).collect()
    }
}
