//! Rewards and metrics.

use memloom_sdk::types::Score;
use serde::{Deserialize, Serialize};

/// The worth of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// True if a number was given in the form that was asked for.
    pub format: bool,
    /// True if the number is right.
    pub right: bool,
}

impl Outcome {
    /// Returns the reward, in [0, 1]: that of a right answer is 1, and `weight` is what the form
    /// is worth beside it. Memory-R+ (arXiv 2504.02273) pays one half.
    #[must_use]
    pub fn reward(self, weight: f32) -> f32 {
        (f32::from(self.right) + weight * f32::from(self.format)) / (1.0 + weight)
    }
}

/// Returns the score of a task; `outcome` is none if nothing was answered.
#[must_use]
pub fn score(outcome: Option<Outcome>, weight: f32) -> Score {
    let Outcome { format, right } = outcome.unwrap_or_default();
    let reward = outcome.unwrap_or_default().reward(weight);
    let metrics = [
        ("success", f32::from(right)),
        ("acts", f32::from(outcome.is_some())),
        ("return", reward),
        ("format", f32::from(format)),
    ];
    Score {
        reward,
        metrics: metrics.map(|(name, value)| (name.into(), value)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_worth_its_share() {
        let outcome = |format, right| Outcome { format, right };
        for (outcome, weight, reward) in [
            (outcome(true, true), 0.0, 1.0),
            (outcome(true, false), 0.0, 0.0),
            (outcome(true, true), 0.5, 1.0),
            // .5 of 1.5
            (outcome(true, false), 0.5, 1.0 / 3.0),
            (outcome(false, false), 0.5, 0.0),
        ] {
            assert!(
                (outcome.reward(weight) - reward).abs() < 1e-6,
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn no_answer_is_worth_nothing() {
        let score = score(None, 0.5);
        assert_eq!(score.reward, 0.0);
        assert!(score.metrics.iter().all(|(_, value)| *value == 0.0));
    }
}
