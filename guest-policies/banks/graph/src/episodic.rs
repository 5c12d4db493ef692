//! The score of an episode: its share of the subgraph and its likeness to the query, each divided by
//! the largest, as in AriGraph (arXiv 2407.04363).

use crate::options::Episodic;

/// An episode as a query sees it.
pub struct Seen {
    /// The number of its triples.
    pub triples: usize,
    /// The number of these that are in the subgraph.
    pub hits: usize,
    /// Its likeness to the query: a cosine, or BM25.
    pub likeness: f32,
}

/// Returns the scores of episodes, each in [0, 2].
pub fn scores(episodes: &[Seen], weight: Episodic) -> Vec<f32> {
    let share = |seen: &Seen| {
        let n = seen.triples as f32;
        let weight = match weight {
            Episodic::Smooth => n.ln_1p(),
            Episodic::Paper => n.ln(),
        };
        match seen.hits {
            0 => 0.0,
            hits => hits as f32 / n * weight,
        }
    };
    let shares = by_largest(episodes.iter().map(share).collect());
    let alike = by_largest(episodes.iter().map(|seen| seen.likeness).collect());
    shares
        .iter()
        .zip(alike)
        .map(|(share, like)| share + like)
        .collect()
}

/// Returns numbers divided by the largest; what is not above 0 is 0.
fn by_largest(numbers: Vec<f32>) -> Vec<f32> {
    let largest = numbers.iter().copied().fold(0.0, f32::max);
    let divided = |number: f32| match number > 0.0 {
        true => number / largest,
        false => 0.0,
    };
    numbers.into_iter().map(divided).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(triples: usize, hits: usize, likeness: f32) -> Seen {
        Seen {
            triples,
            hits,
            likeness,
        }
    }

    #[test]
    fn with_the_paper_s_weight_scores_are_those_of_the_formula() {
        let episodes = [seen(4, 2, 0.9), seen(8, 3, 0.6)];
        let scores = scores(&episodes, Episodic::Paper);
        for (score, expected) in scores.iter().zip([1.8889, 1.6667]) {
            assert!((score - expected).abs() < 1e-4, "{scores:?}");
        }
    }

    #[test]
    fn an_episode_with_one_triple_can_win_but_not_with_the_paper_s_weight() {
        let episodes = [seen(1, 1, 0.5), seen(8, 1, 0.6)];
        let smooth = scores(&episodes, Episodic::Smooth);
        assert!(smooth[0] > smooth[1], "{smooth:?}");
        let paper = scores(&episodes, Episodic::Paper);
        assert!(paper[0] < paper[1], "{paper:?}");
    }

    #[test]
    fn nothing_alike_scores_nothing() {
        let episodes = [seen(0, 0, -0.5), seen(3, 0, 0.0)];
        assert_eq!(scores(&episodes, Episodic::Smooth), [0.0, 0.0]);
    }
}
