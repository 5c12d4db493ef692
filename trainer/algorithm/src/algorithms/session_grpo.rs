//! GRPO session by session, without rerolls: the global half of LoGo-GRPO.

use crate::algorithm::{Algorithm, Settings};
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// One group for each session, over the n rollouts.
#[derive(Debug)]
pub struct SessionGrpo(Normalisation);

impl SessionGrpo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.normalisation)
    }
}

impl Algorithm for SessionGrpo {
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_session =
            |rewards: &Rewards| by_session(rewards, &rewards.sessions, |group| self.0.apply(group));
        episodes.iter().map(by_session).collect()
    }

    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        self.0.apply(rewards)
    }
}

/// Compares each session's column of `table`, which is indexed like [`Rewards::sessions`].
/// `compare` gives an advantage to each member of a group, or None if all are equal.
pub(super) fn by_session(
    rewards: &Rewards,
    table: &[Vec<Option<f64>>],
    compare: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Advantages {
    let mut given = Advantages::none(rewards);
    for session in 0..rewards.session_count() {
        let group: Option<Vec<f64>> = table.iter().map(|row| row[session]).collect();
        let Some(group) = group else {
            given.without_question += 1;
            continue;
        };
        given.groups += 1;
        match compare(&group) {
            None => given.without_variance += 1,
            Some(advantages) => {
                for (row, advantage) in given.sessions.iter_mut().zip(advantages) {
                    row[session] = Some(advantage);
                }
            }
        }
    }
    given
}
