//! Rewards and metrics.

use memloom_sdk::types::Score;

use crate::options::{Cost, Measure, Mode, Options};
use crate::visit::Visit;

/// The metric `route` of a task whose form is broken.
const BROKEN: f32 = -1.0;

/// The share of an answer's form in the metric `trace`.
const FORM: f32 = 0.1;

/// Returns the reward of an answer of this worth when coins were spent: `worth` times one minus
/// the share of the budget that was spent, weighted by `weight`. A wrong answer is worth 0
/// whatever it cost.
#[must_use]
pub fn after_price(worth: f32, spent: u32, budget: u32, weight: f64) -> f32 {
    weighed(worth, thrift(spent, budget), weight)
}

/// Returns the share of the budget that was not spent.
#[must_use]
pub fn thrift(spent: u32, budget: u32) -> f64 {
    1.0 - (f64::from(spent) / f64::from(budget)).min(1.0)
}

/// Returns how low a cost is among others, as Router-R1 (arXiv 2506.09033) has it: of the square roots
/// of `costs`, 1 at the quantile .05 or below, 0 at .95 or above, and 1/2 if the quantiles are equal.
#[must_use]
pub fn thrift_among(costs: &[u32], cost: u32) -> f64 {
    let mut roots: Vec<f64> = costs.iter().map(|&cost| f64::from(cost).sqrt()).collect();
    roots.sort_by(f64::total_cmp);
    let [low, high] = [0.05, 0.95].map(|share| quantile(&roots, share));
    match low < high {
        true => 1.0 - ((f64::from(cost).sqrt() - low) / (high - low)).clamp(0.0, 1.0),
        false => 0.5,
    }
}

/// Returns a quantile of sorted numbers, between neighbours in a straight line; 0 if there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share * last as f64;
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

fn weighed(worth: f32, thrift: f64, weight: f64) -> f32 {
    worth * ((1.0 - weight) + weight * thrift) as f32
}

/// Returns the reward of Router-R1: −1 if the form is broken, else the worth of the answer, of which
/// the share `weight` is paid for thrift.
#[must_use]
pub fn route(is_broken: bool, worth: f32, thrift: f64, weight: f64) -> f32 {
    match is_broken {
        true => BROKEN,
        false => weighed(worth, thrift, weight),
    }
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

/// Returns what a visit of a task came to. `costs` are the coins that were spent in each of the
/// episode's tasks up to this one.
#[must_use]
pub fn score(options: &Options, visit: &Visit, costs: &[u32]) -> Score {
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
    match options.mode {
        Mode::Questions => metrics.extend(of_questions(options, visit, costs)),
        Mode::Shop => metrics.push(("ndcg", outcome.reward)),
        Mode::Puzzle => (),
    }
    let named = metrics
        .into_iter()
        .map(|(name, value)| (name.into(), value));
    Score {
        reward: outcome.reward,
        metrics: named.collect(),
    }
}

fn of_questions(options: &Options, visit: &Visit, costs: &[u32]) -> [(&'static str, f32); 3] {
    let outcome = visit.outcome;
    let worth = match options.reward {
        Measure::Em => outcome.em,
        Measure::F1 => outcome.f1,
    };
    let thrift = match options.cost {
        Cost::Budget => thrift(visit.spent, options.budget),
        Cost::Percentile => thrift_among(costs, visit.spent),
    };
    let is_broken = !visit.over || visit.faults > 0;
    [
        ("well-asked", visit.well_asked as f32),
        (
            "route",
            route(is_broken, worth, thrift, options.price_weight),
        ),
        ("trace", (1.0 - FORM) * outcome.em + FORM * visit.form),
    ]
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
    fn a_cost_of_400_among_four_costs_is_0_3148_cheap() {
        let costs = [400, 0, 900, 100];
        for (share, expected) in [(0.05, 1.5), (0.95, 28.5)] {
            let found = quantile(&[0.0, 10.0, 20.0, 30.0], share);
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        assert!((thrift_among(&costs, 400) - 0.3148).abs() < 1e-4);
        assert_eq!(thrift_among(&costs, 0), 1.0);
        assert_eq!(thrift_among(&costs, 900), 0.0);
    }

    #[test]
    fn costs_that_do_not_differ_are_half_cheap() {
        assert_eq!(thrift_among(&[7, 7], 7), 0.5);
        assert_eq!(thrift_among(&[], 0), 0.5);
    }

    #[test]
    fn a_route_pays_outcome_and_thrift_and_nothing_for_a_wrong_answer() {
        assert!((route(false, 1.0, 0.25, 0.6) - 0.55).abs() < 1e-6);
        assert_eq!(route(false, 0.0, 1.0, 0.6), 0.0);
        assert_eq!(route(true, 1.0, 1.0, 0.6), -1.0);
    }

    #[test]
    fn a_rank_beyond_the_tenth_gains_nothing() {
        assert_eq!(ndcg(1), 1.0);
        assert_eq!(ndcg(3), 0.5);
        assert!(ndcg(10) > 0.28);
        assert_eq!(ndcg(11), 0.0);
    }
}
