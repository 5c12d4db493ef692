//! GiGPO (Feng et al. 2025, arXiv 2505.10978): GRPO plus a comparison among those rollouts
//! that entered a session, or met a task's turn, in the very same state, without rerunning
//! anything.

use std::collections::BTreeMap;

use super::{grpo, logo_grpo};
use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// Group-in-group: one group for each episode, and one for each state that several of its
/// rollouts share.
#[derive(Debug)]
pub struct GiGpo(Normalisation);

impl GiGpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.normalisation)
    }

    fn by_state(&self, rewards: &Rewards) -> Advantages {
        let mut given = grpo::by_return(rewards, self.0);
        let suffixes = logo_grpo::suffixes(rewards);
        for group in same_state(rewards) {
            let earned = group.iter().map(|&(rollout, at)| suffixes[rollout][at]);
            let earned: Option<Vec<f64>> = earned.collect();
            let Some(earned) = earned.filter(|earned| earned.len() > 1) else {
                continue;
            };
            given.groups += 1;
            let Some(advantages) = self.0.apply(&earned) else {
                given.without_variance += 1;
                continue;
            };
            for ((rollout, at), advantage) in group.into_iter().zip(advantages) {
                *given.sessions[rollout][at].get_or_insert(0.0) += advantage;
            }
        }
        given
    }
}

impl Algorithm for GiGpo {
    fn needs_state_names(&self) -> bool {
        true
    }

    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        episodes
            .iter()
            .map(|rewards| self.by_state(rewards))
            .collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        self.0.apply(rewards)
    }
}

/// Returns the places of the table, as (rollout, place), grouped by their state.
fn same_state(rewards: &Rewards) -> Vec<Vec<(usize, usize)>> {
    let mut groups: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (rollout, states) in rewards.states.iter().enumerate() {
        for (at, state) in states.iter().enumerate() {
            groups.entry(state).or_default().push((rollout, at));
        }
    }
    groups.into_values().collect()
}
