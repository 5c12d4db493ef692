//! The scores of answers.

use memloom_sdk::metrics::{bleu_1, contains, f1, f1_paper};
use memloom_sdk::types::{Answer, Score};

use crate::episode::{Asked, Episode};
use crate::films::DEPTHS;
use crate::scorer::{Scorer, best, exact};

/// A comparison of an answer with a right one.
type Measure = fn(&str, &str) -> f32;

const MEASURES: [(&str, Measure); 5] = [
    ("f1", f1),
    ("f1-paper", f1_paper),
    ("bleu-1", bleu_1),
    ("contains", contains),
    ("exact", exact),
];

/// Scores an answer by the question's scorer. The metrics are those of the best candidate; of
/// films they are shares of the films that are wanted, and the reward is the share in the first
/// five.
#[must_use]
pub fn score(episode: &Episode, asked: &Asked, answer: &Answer) -> Score {
    let (text, candidates) = (answer.text.trim(), &asked.candidates);
    let mut reward = asked.scorer.score(text, candidates);
    let mut metrics: Vec<(String, f32)> = Vec::new();
    if asked.scorer == Scorer::Films {
        let recall = episode.films.recall(text, candidates);
        for (depth, share) in DEPTHS.into_iter().zip(recall) {
            metrics.push((format!("recall@{depth}"), share));
        }
        reward = recall[1];
    } else {
        for (name, measure) in MEASURES {
            let value = best(candidates, |gold| measure(text, gold));
            metrics.push((name.into(), value));
        }
    }
    Score { reward, metrics }
}
