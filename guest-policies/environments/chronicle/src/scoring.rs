//! The scores of answers.

use memloom_sdk::metrics::{bleu_1, f1, f1_paper, normalised_words};
use memloom_sdk::types::Score;

/// Compares an answer with the right one; the reward is F1. An empty answer is right if
/// and only if the right answer is empty.
#[must_use]
pub fn score(answer: &str, gold: &str) -> Score {
    let answer = answer.trim();
    let metrics = if answer.is_empty() || gold.is_empty() {
        let right = f32::from(answer.is_empty() && gold.is_empty());
        [right; 4]
    } else {
        [
            f1(answer, gold),
            f1_paper(answer, gold),
            bleu_1(answer, gold),
            f32::from(normalised_words(answer) == normalised_words(gold)),
        ]
    };
    Score {
        reward: metrics[0],
        metrics: ["f1", "f1-paper", "bleu-1", "exact"]
            .map(String::from)
            .into_iter()
            .zip(metrics)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_right_only_where_nothing_is_known() {
        assert_eq!(score(" ", "").reward, 1.0);
        assert_eq!(score("the", "").reward, 0.0);
        assert_eq!(score("", "Rome").reward, 0.0);
    }

    #[test]
    fn a_reader_in_lower_case_is_exactly_right() {
        assert!(
            score("may 12", "May 12")
                .metrics
                .iter()
                .all(|(_, value)| *value == 1.0)
        );
    }

    #[test]
    fn a_wrong_day_is_half_right() {
        let score = score("may 3", "May 12");
        assert_eq!(score.reward, 0.5);
        assert_eq!(score.metrics[3], ("exact".into(), 0.0));
    }
}
