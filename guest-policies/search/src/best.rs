//! The best of many hits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Returns the best hits, numbers with scores, best first; among equal scores the first number.
pub fn best(hits: impl Iterator<Item = (u64, f32)>, limit: usize) -> Vec<(u64, f32)> {
    // Scores are compared as integers in the order of `f32::total_cmp`: negative ones are inverted.
    let rank = |score: f32| {
        let bits = score.to_bits().cast_signed();
        bits ^ (bits >> 31 & i32::MAX)
    };
    let mut best = BinaryHeap::new();
    for (number, score) in hits {
        let hit = Reverse((rank(score), Reverse(number), score.to_bits()));
        if best.len() < limit {
            best.push(hit);
        } else if let Some(mut worst) = best.peek_mut()
            && hit < *worst
        {
            *worst = hit;
        }
    }
    let best = best.into_sorted_vec().into_iter();
    best.map(|Reverse((_, Reverse(number), score))| (number, f32::from_bits(score)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_in_order_of_numbers() {
        let hits = [(4, 0.5), (1, -1.0), (3, 2.0), (2, 0.5), (5, -0.5)];
        assert_eq!(best(hits.into_iter(), 3), [(3, 2.0), (2, 0.5), (4, 0.5)]);
        assert_eq!(best(hits.into_iter(), 9).last(), Some(&(1, -1.0)));
        assert!(best(hits.into_iter(), 0).is_empty());
    }
}
