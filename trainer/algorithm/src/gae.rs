//! Generalised advantage estimation over sessions (GAE; Schulman et al. 2015, arXiv
//! 1506.02438), as PPO takes it.

use serde::{Deserialize, Serialize};

/// The two discounts of GAE.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Gae {
    /// Share of a reward's worth that is left one session earlier: gamma.
    pub discount: f64,
    /// Share of later temporal differences that counts: lambda. 0 trusts the value head, 1
    /// the rewards.
    pub decay: f64,
}

impl Gae {
    /// Returns the advantages of a rollout's sessions, A_t = sum over k of
    /// (gamma lambda)^k delta_(t+k) with delta_t = r_t + gamma v_(t+1) - v_t, from their
    /// rewards (None counts 0) and the value head's predictions. The value after the last
    /// session is 0.
    pub fn advantages(self, rewards: &[Option<f64>], values: &[f64]) -> Vec<f64> {
        let (mut next_value, mut next_advantage) = (0.0, 0.0);
        let mut advantages: Vec<f64> = rewards
            .iter()
            .zip(values)
            .rev()
            .map(|(reward, value)| {
                let delta = reward.unwrap_or(0.0) + self.discount * next_value - value;
                next_value = *value;
                next_advantage = delta + self.discount * self.decay * next_advantage;
                next_advantage
            })
            .collect();
        advantages.reverse();
        advantages
    }
}
