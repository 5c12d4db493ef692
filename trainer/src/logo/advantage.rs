//! Advantages inside a group: the z-score that GRPO takes over members that
//! stand in the same environment. Global: the n rollouts of an episode, by
//! session (equation 12). Local: the m rerolls of a session from one anchor's
//! snapshot (equation 15). Both roles of a session share the value.

/// Below this spread a group says nothing about its members.
const NO_VARIANCE: f64 = 1e-6;

/// (r - mean) / (std + 1e-6) with the unbiased std, as the reference has it;
/// none where all rewards are equal, so that such a group carries no gradient.
pub fn normalise(rewards: &[f64]) -> Option<Vec<f64>> {
    let count = rewards.len() as f64;
    if rewards.len() < 2 {
        return None;
    }
    let mean = rewards.iter().sum::<f64>() / count;
    let variance = rewards.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let std = variance.sqrt();
    (std > NO_VARIANCE).then(|| rewards.iter().map(|r| (r - mean) / (std + 1e-6)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        let advantages = normalise(&[0.0, 1.0, 2.0]).expect("varies");
        for (got, want) in advantages.iter().zip([-1.0, 0.0, 1.0]) {
            assert!((got - want).abs() < 1e-5);
        }
    }

    #[test]
    fn groups_that_say_nothing_have_no_advantages() {
        assert_eq!(normalise(&[]), None);
        assert_eq!(normalise(&[0.3]), None);
        assert_eq!(normalise(&[0.3; 8]), None);
    }

    proptest! {
        #[test]
        fn advantages_sum_to_zero_and_forget_scale(
            rewards in prop::collection::vec(-1.0..1.0f64, 2..16),
            scale in 0.5..20.0f64,
        ) {
            if let Some(advantages) = normalise(&rewards) {
                prop_assert!(advantages.iter().sum::<f64>().abs() < 1e-6);
                let scaled: Vec<f64> = rewards.iter().map(|r| r * scale).collect();
                let spread = rewards.iter().fold(0.0f64, |a, r| a.max((r - rewards[0]).abs()));
                if let (Some(again), true) = (normalise(&scaled), spread > 0.01) {
                    for (a, b) in advantages.iter().zip(&again) {
                        prop_assert!((a - b).abs() < 1e-3);
                    }
                }
            }
        }

        #[test]
        fn shuffling_members_changes_nothing(
            mut rewards in prop::collection::vec(-1.0..1.0f64, 2..16),
        ) {
            let forward = normalise(&rewards);
            rewards.reverse();
            let mut backward = normalise(&rewards);
            if let Some(advantages) = backward.as_mut() {
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
