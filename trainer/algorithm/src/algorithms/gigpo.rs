//! GiGPO (Feng et al. 2025, arXiv 2505.10978): GRPO plus a comparison among those rollouts
//! that entered a session in the very same state, without rerunning anything.

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
        let groups = (0..rewards.session_count()).map(|session| same_state(rewards, session));
        for (session, groups) in groups.enumerate() {
            for group in groups {
                let earned = group.iter().map(|&rollout| suffixes[rollout][session]);
                let earned: Option<Vec<f64>> = earned.collect();
                let Some(earned) = earned.filter(|earned| earned.len() > 1) else {
                    continue;
                };
                given.groups += 1;
                let Some(advantages) = self.0.apply(&earned) else {
                    given.without_variance += 1;
                    continue;
                };
                for (rollout, advantage) in group.into_iter().zip(advantages) {
                    *given.sessions[rollout][session].get_or_insert(0.0) += advantage;
                }
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
}

/// Returns the rollouts, grouped by the state in which they entered a session.
fn same_state(rewards: &Rewards, session: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (rollout, states) in rewards.states.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| rewards.states[group[0]][session] == states[session];
        match groups.iter_mut().find(same) {
            Some(group) => group.push(rollout),
            None => groups.push(vec![rollout]),
        }
    }
    groups
}
