//! WebRL (Qi et al. 2024, arXiv 2411.02337): outputs are pulled towards log-ratios that their
//! advantages name, so that outputs of earlier policies may be trained on, too.

use crate::algorithm::{Algorithm, Settings};
use crate::gae::Gae;
use crate::loss::LogRatioLoss;
use crate::loss::regression::Regression;
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// An output's advantage: between what the value head predicts for the next one and what came of it.
#[derive(Debug)]
pub struct WebRl {
    gae: Gae,
    loss: Regression,
}

impl WebRl {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            gae: settings.gae,
            loss: Regression {
                beta: settings.beta,
            },
        }
    }
}

impl Algorithm for WebRl {
    fn needs_critic(&self) -> bool {
        true
    }

    fn log_ratio_loss(&self) -> Option<LogRatioLoss> {
        Some(LogRatioLoss::Regression(self.loss))
    }

    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages> {
        let by_value = |rewards: &Rewards| by_value(rewards, self.gae);
        episodes.iter().map(by_value).collect()
    }

    /// Compares the members, since the value head predicts the worth of sessions only.
    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>> {
        Normalisation::Z_SCORE.apply(rewards)
    }
}

/// Returns A = decay (r + V' - V) + (1 - decay) (R - V), with R the discounted return from here on,
/// which is also the value head's target. A place where the policy sampled nothing has neither.
fn by_value(rewards: &Rewards, gae: Gae) -> Advantages {
    let mut given = Advantages::none(rewards);
    given.value_targets = given.sessions.clone();
    given.groups = 1;
    for (rollout, values) in rewards.values.iter().enumerate() {
        let (mut to_come, mut next) = (0.0, 0.0);
        for place in (0..values.len()).rev() {
            let reward = rewards.sessions[rollout][place].unwrap_or(0.0);
            to_come = reward + gae.discount * to_come;
            let Some(value) = values[place] else {
                continue;
            };
            let (near, far) = (reward + next - value, to_come - value);
            let advantage = gae.decay * near + (1.0 - gae.decay) * far;
            given.sessions[rollout][place] = Some(advantage);
            given.value_targets[rollout][place] = Some(to_come);
            next = value;
        }
    }
    given
}
