//! Figures of retrieval, as the benchmark computes them (`src/retrieval/eval_utils.py`): the
//! ranking is that of an answer's citations.

/// The numbers of ranks that are looked at.
pub const DEPTHS: [usize; 2] = [5, 10];

/// Figures of the first ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// 1 if any relevant item is among them, else 0.
    pub any: f32,
    /// 1 if all relevant items are among them, else 0.
    pub all: f32,
    /// The discounted gain over the best possible one.
    pub ndcg: f32,
}

/// Returns the figures of the first `depth` ranks. At least one item is relevant.
#[must_use]
pub fn figures<T: PartialEq>(ranking: &[T], relevant: &[T], depth: usize) -> Figures {
    let first = &ranking[..ranking.len().min(depth)];
    let found = relevant.iter().filter(|item| first.contains(item)).count();
    let gains = first.iter().map(|item| relevant.contains(item));
    let best = (0..depth).map(|rank| rank < relevant.len());
    Figures {
        any: f32::from(found > 0),
        all: f32::from(found == relevant.len()),
        ndcg: (gain(gains) / gain(best)) as f32,
    }
}

/// Returns the discounted cumulative gain. The first two ranks count in full, as published.
fn gain(relevant: impl Iterator<Item = bool>) -> f64 {
    let ranks = (1..).zip(relevant).filter(|(_, relevant)| *relevant);
    let discount = |rank: u32| f64::from(rank.max(2)).log2();
    ranks.map(|(rank, _)| 1.0 / discount(rank)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_ranks_gain_the_same() {
        let found = figures(&[7, 3, 5], &[3], 5);
        assert_eq!((found.any, found.all, found.ndcg), (1.0, 1.0, 1.0));
        // 1 / log2(3) of a possible 1.
        assert_eq!(figures(&[7, 5, 3], &[3], 5).ndcg, 0.630_929_77);
    }

    #[test]
    fn what_is_ranked_too_low_is_not_found() {
        let found = figures(&[1, 2, 3], &[2, 3], 2);
        assert_eq!((found.any, found.all, found.ndcg), (1.0, 0.0, 0.5));
        let none = figures(&[], &[2], 5);
        assert_eq!((none.any, none.all, none.ndcg), (0.0, 0.0, 0.0));
    }
}
