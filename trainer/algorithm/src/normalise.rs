//! Advantages inside a group whose members stand in the same environment.

use serde::{Deserialize, Serialize};

/// Below this spread a group says nothing about its members.
const NO_VARIANCE: f64 = 1e-6;

/// The way from a group's rewards to advantages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Normalisation {
    /// Divide differences by the group's standard deviation.
    pub by_std: bool,
    /// Compare a member with the mean of the others, not of all.
    pub leave_one_out: bool,
}

impl Normalisation {
    /// GRPO's: (r - mean) / (std + 1e-6), std unbiased (equations 12 and 15, as
    /// the reference's code has them).
    pub const Z_SCORE: Self = Self {
        by_std: true,
        leave_one_out: false,
    };

    /// One advantage a member; none where the group has fewer than two members
    /// or all rewards are equal, so that it carries no gradient.
    pub fn apply(self, rewards: &[f64]) -> Option<Vec<f64>> {
        let count = rewards.len() as f64;
        if rewards.len() < 2 {
            return None;
        }
        let mean = rewards.iter().sum::<f64>() / count;
        let squares = rewards.iter().map(|reward| (reward - mean).powi(2));
        let std = (squares.sum::<f64>() / (count - 1.0)).sqrt();
        if std <= NO_VARIANCE {
            return None;
        }
        // r - mean of the others = (r - mean) n / (n - 1).
        let widened = if self.leave_one_out {
            count / (count - 1.0)
        } else {
            1.0
        };
        let scale = if self.by_std { std + 1e-6 } else { 1.0 };
        let advantage = |reward: &f64| (reward - mean) * widened / scale;
        Some(rewards.iter().map(advantage).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Normalisation; 4] = [
        Normalisation::Z_SCORE,
        Normalisation {
            by_std: true,
            leave_one_out: true,
        },
        Normalisation {
            by_std: false,
            leave_one_out: false,
        },
        Normalisation {
            by_std: false,
            leave_one_out: true,
        },
    ];

    #[test]
    fn known_values() {
        for (normalisation, scale) in ALL.into_iter().zip([1.0, 1.5, 1.0, 1.5]) {
            let advantages = normalisation.apply(&[0.0, 1.0, 2.0]).expect("varies");
            for (got, want) in advantages.iter().zip([-scale, 0.0, scale]) {
                assert!((got - want).abs() < 1e-5, "{normalisation:?}");
            }
        }
    }

    #[test]
    fn groups_that_say_nothing_have_no_advantages() {
        for normalisation in ALL {
            assert_eq!(normalisation.apply(&[]), None);
            assert_eq!(normalisation.apply(&[0.3]), None);
            assert_eq!(normalisation.apply(&[0.3; 8]), None);
        }
    }

    proptest! {
        #[test]
        fn advantages_sum_to_zero_whatever_the_switches(
            rewards in prop::collection::vec(-1.0..1.0f64, 2..16),
        ) {
            for normalisation in ALL {
                if let Some(advantages) = normalisation.apply(&rewards) {
                    prop_assert!(advantages.iter().sum::<f64>().abs() < 1e-6);
                }
            }
        }

        #[test]
        fn a_z_score_forgets_scale_and_place(
            rewards in prop::collection::vec(-1.0..1.0f64, 2..16),
            scale in 0.5..20.0f64,
            shift in -5.0..5.0f64,
        ) {
            let moved: Vec<f64> = rewards.iter().map(|reward| reward * scale + shift).collect();
            let spread = rewards.iter().fold(0.0f64, |a, r| a.max((r - rewards[0]).abs()));
            if spread > 0.01 {
                let before = Normalisation::Z_SCORE.apply(&rewards).expect("varies");
                let after = Normalisation::Z_SCORE.apply(&moved).expect("varies");
                for (a, b) in before.iter().zip(&after) {
                    prop_assert!((a - b).abs() < 1e-3);
                }
            }
        }

        #[test]
        fn shuffling_members_changes_nothing(
            rewards in prop::collection::vec(-1.0..1.0f64, 2..16),
        ) {
            let backward: Vec<f64> = rewards.iter().rev().copied().collect();
            for normalisation in ALL {
                let forward = normalisation.apply(&rewards);
                let mut backward = normalisation.apply(&backward);
                if let Some(advantages) = &mut backward {
                    advantages.reverse();
                }
                match (forward, backward) {
                    (Some(a), Some(b)) => for (a, b) in a.iter().zip(&b) {
                        prop_assert!((a - b).abs() < 1e-9);
                    },
                    (a, b) => prop_assert_eq!(a.is_none(), b.is_none()),
                }
            }
        }
    }
}
