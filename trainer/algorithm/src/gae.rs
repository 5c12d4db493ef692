//! Credit by a value head: generalised advantage estimation over sessions (GAE;
//! Schulman et al. 2015), as PPO takes it.

use serde::{Deserialize, Serialize};

/// What later sessions count.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Gae {
    /// What a session's reward is worth one session earlier: gamma.
    pub discount: f64,
    /// How much of later surprises counts: lambda. 0 trusts the value head, 1 what
    /// was earned.
    pub decay: f64,
}

impl Gae {
    /// Advantages of a rollout's sessions from their rewards (none counts 0) and
    /// from what the value head thought when each began: sums of
    /// r + gamma v' - v over it and all later sessions, each weighing gamma lambda
    /// of the one before. After the last session nothing comes.
    pub fn advantages(self, rewards: &[Option<f64>], values: &[f64]) -> Vec<f64> {
        let (mut next, mut later) = (0.0, 0.0);
        let mut advantages: Vec<f64> = rewards
            .iter()
            .zip(values)
            .rev()
            .map(|(reward, value)| {
                let surprise = reward.unwrap_or(0.0) + self.discount * next - value;
                next = *value;
                later = surprise + self.discount * self.decay * later;
                later
            })
            .collect();
        advantages.reverse();
        advantages
    }
}
