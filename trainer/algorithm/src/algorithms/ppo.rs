//! PPO with a value head and generalised advantage estimation over sessions (Schulman et
//! al. 2017, arXiv 1707.06347; Memory-R1's other algorithm).

use crate::algorithm::{Algorithm, Settings};
use crate::gae::Gae;
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// A session's reward beyond the value head's prediction, whitened over the step.
#[derive(Debug)]
pub struct Ppo(Gae);

impl Ppo {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.gae)
    }
}

impl Algorithm for Ppo {
    fn needs_critic(&self) -> bool {
        true
    }

    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_value = |rewards: &Rewards| by_value(rewards, self.0);
        let mut given: Vec<Advantages> = episodes.iter().map(by_value).collect();
        let cells = given.iter().flat_map(|given| &given.sessions).flatten();
        let surprises: Vec<f64> = cells.flatten().copied().collect();
        let whitened = Normalisation::Z_SCORE.apply(&surprises);
        // The one group is counted with the first episode.
        if let Some(first) = given.first_mut() {
            first.groups = 1;
            first.without_variance = u64::from(whitened.is_none());
        }
        let cells = given.iter_mut().flat_map(|given| &mut given.sessions);
        let cells = cells.flatten().filter(|cell| cell.is_some());
        let mut whitened = whitened.into_iter().flatten();
        cells.for_each(|cell| *cell = whitened.next());
        given
    }

    /// Compares the members, since the value head predicts the worth of sessions only.
    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        Normalisation::Z_SCORE.apply(rewards)
    }
}

/// Returns advantages before whitening, and the value head's targets: advantage plus
/// prediction. A session in which the policy sampled nothing has neither.
pub(super) fn by_value(rewards: &Rewards, gae: Gae) -> Advantages {
    let mut given = Advantages::none(rewards);
    given.value_targets = given.sessions.clone();
    for (rollout, values) in rewards.values.iter().enumerate() {
        let sampled: Vec<usize> = (0..values.len()).filter(|s| values[*s].is_some()).collect();
        let earned = sampled
            .iter()
            .map(|session| rewards.sessions[rollout][*session]);
        let earned: Vec<Option<f64>> = earned.collect();
        let values: Vec<f64> = values.iter().flatten().copied().collect();
        let advantages = gae.advantages(&earned, &values);
        for ((session, value), advantage) in sampled.into_iter().zip(values).zip(advantages) {
            given.sessions[rollout][session] = Some(advantage);
            given.value_targets[rollout][session] = Some(advantage + value);
        }
    }
    given
}
