//! The scores of answers.

use memloom_sdk::metrics::{bleu_1, f1, f1_paper};
use memloom_sdk::types::{Answer, Score};

use crate::conversation::Asked;

/// Scores an answer. F1 is the reward. `evidence` is the share of the question's turns that
/// the answer cites.
#[must_use]
pub fn score(asked: &Asked, answer: &Answer) -> Score {
    let (text, gold) = (answer.text.trim(), asked.gold.as_str());
    let evidence = &asked.question.evidence;
    let cited = evidence
        .iter()
        .filter(|turn| answer.citations.contains(turn))
        .count();
    let found = if evidence.is_empty() {
        1.0
    } else {
        cited as f32 / evidence.len() as f32
    };
    let reward = f1(text, gold);
    Score {
        reward,
        metrics: vec![
            ("f1".into(), reward),
            ("f1-paper".into(), f1_paper(text, gold)),
            ("bleu-1".into(), bleu_1(text, gold)),
            ("evidence".into(), found),
        ],
    }
}
