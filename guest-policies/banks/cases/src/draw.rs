//! The draw of cases by their values (Memento, arXiv 2508.16153): a case is drawn with the probability
//! μ ∝ exp(Q / α), without putting it back.

use memloom_sdk::random::Random;

/// The number of cases of the highest values among which some are drawn.
pub const POOL: usize = 1024;

/// Returns the probabilities of values at a temperature above 0.
pub fn probabilities(values: &[f32], alpha: f32) -> Vec<f32> {
    let most = values.iter().copied().fold(f32::MIN, f32::max);
    let weights: Vec<f32> = values
        .iter()
        .map(|value| ((value - most) / alpha).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Returns up to `limit` of the hits, numbers with values, in the order in which they are drawn. The
/// chance of each rank follows from `draw` and the rank alone.
pub fn drawn(mut hits: Vec<(u64, f32)>, limit: usize, alpha: f32, draw: u64) -> Vec<(u64, f32)> {
    let mut found = Vec::new();
    while found.len() < limit && !hits.is_empty() {
        let values: Vec<f32> = hits.iter().map(|hit| hit.1).collect();
        let mut left = Random::derived(draw, &[found.len() as u64]).unit() as f32;
        let chances = probabilities(&values, alpha);
        let place = chances.iter().position(|chance| {
            left -= chance;
            left < 0.0
        });
        // The last one gets the rest that rounding leaves.
        found.push(hits.remove(place.unwrap_or(hits.len() - 1)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memento_a_case_is_drawn_by_the_exponential_of_its_value() {
        let found = probabilities(&[0.881, 0.2], 0.1);
        assert!((found[0] - 0.9989).abs() < 1e-4, "{found:?}");
        assert!((found[1] - 0.0011).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn draws_come_as_often_as_they_are_probable_and_no_case_twice() {
        let hits = || vec![(1, 0.5), (2, 0.5), (3, 0.4)];
        let mut first = [0_u32; 4];
        for draw in 0..4_000 {
            let found = drawn(hits(), 9, 0.1, draw);
            assert_eq!(drawn(hits(), 2, 0.1, draw), found[..2]);
            first[found[0].0 as usize] += 1;
            let mut numbers: Vec<u64> = found.iter().map(|hit| hit.0).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2, 3]);
        }
        // 1 / (2 + exp(-1)) of 4000, twice, and the rest.
        let expected = [0_i64, 1_689, 1_689, 621];
        for (found, expected) in first.into_iter().zip(expected) {
            assert!((i64::from(found) - expected).abs() < 120, "{first:?}");
        }
    }

    #[test]
    fn values_far_apart_leave_no_case_without_a_number() {
        assert_eq!(
            drawn(vec![(1, 0.0), (2, 1.0)], 2, 1e-6, 3),
            [(2, 1.0), (1, 0.0)]
        );
        assert!(drawn(vec![], 2, 0.1, 3).is_empty());
    }
}
