//! Rewards and metrics.

use memloom_sdk::types::Score;

use crate::options::Mode;
use crate::visit::Visit;

/// Returns the reward of an answer of this worth when coins were spent: `worth` times one minus
/// the share of the budget that was spent, weighted by `weight`. A wrong answer is worth 0
/// whatever it cost.
#[must_use]
pub fn after_price(worth: f32, spent: u32, budget: u32, weight: f64) -> f32 {
    let share = (f64::from(spent) / f64::from(budget)).min(1.0);
    worth * ((1.0 - weight) + weight * (1.0 - share)) as f32
}

/// Returns the gain of a ranking whose one relevant item has this rank, counted from 1: NDCG
/// at 10.
#[must_use]
pub fn ndcg(rank: usize) -> f32 {
    match rank {
        1..=10 => 1.0 / (rank as f32 + 1.0).log2(),
        _ => 0.0,
    }
}

/// Returns what a visit of a task came to.
#[must_use]
pub fn score(mode: Mode, visit: &Visit) -> Score {
    let outcome = visit.outcome;
    let mut metrics = vec![
        ("success", outcome.em),
        ("acts", visit.acts as f32),
        ("return", outcome.reward),
        ("em", outcome.em),
        ("f1", outcome.f1),
        ("spent", visit.spent as f32),
        ("asked", visit.asked as f32),
    ];
    if mode == Mode::Shop {
        metrics.push(("ndcg", outcome.reward));
    }
    let named = metrics
        .into_iter()
        .map(|(name, value)| (name.into(), value));
    Score {
        reward: outcome.reward,
        metrics: named.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spending_lowers_what_a_right_answer_is_worth() {
        // .4 + .6 * .25
        assert!((after_price(1.0, 3, 4, 0.6) - 0.55).abs() < 1e-6);
        assert!((after_price(1.0, 0, 4, 0.6) - 1.0).abs() < 1e-6);
        assert!((after_price(1.0, 9, 4, 0.6) - 0.4).abs() < 1e-6);
        assert_eq!(after_price(0.0, 0, 4, 0.6), 0.0);
    }

    #[test]
    fn a_rank_beyond_the_tenth_gains_nothing() {
        assert_eq!(ndcg(1), 1.0);
        assert_eq!(ndcg(3), 0.5);
        assert!(ndcg(10) > 0.28);
        assert_eq!(ndcg(11), 0.0);
    }
}
