//! The scores of answers.

use memloom_sdk::metrics::{bleu_1, exact_match, f1, f1_paper};
use memloom_sdk::types::{Answer, Score};

use crate::category::Category;
use crate::conversation::Asked;

/// Scores an answer. F1 is the reward. `evidence` is the share of the question's turns that
/// the answer cites.
///
/// The answer to an adversarial question is either right or wrong, in all metrics: see
/// [`admits`].
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
    let [reward, paper, bleu, exact] = match asked.question.category == Category::Adversarial.name()
    {
        true => [f32::from(admits(text)); 4],
        false => [f1, f1_paper, bleu_1, exact_match].map(|metric| metric(text, gold)),
    };
    Score {
        reward,
        metrics: vec![
            ("f1".into(), reward),
            ("f1-paper".into(), paper),
            ("bleu-1".into(), bleu),
            ("exact-match".into(), exact),
            ("evidence".into(), found),
        ],
    }
}

/// Scores an answer that cites nothing, as that of a task: without the metric `evidence`.
#[must_use]
pub fn uncited(asked: &Asked, text: &str) -> Score {
    let mut score = score(
        asked,
        &Answer {
            text: text.into(),
            citations: Vec::new(),
        },
    );
    score.metrics.retain(|(name, _)| name != "evidence");
    score
}

/// Returns true if an answer admits that the conversation does not say: it has one of the
/// phrases that the benchmark looks for (`task_eval/evaluation.py`), or no words,
/// since the right answer to such a question is none.
fn admits(answer: &str) -> bool {
    let lower = answer.to_lowercase();
    ["no information available", "not mentioned"]
        .iter()
        .any(|phrase| lower.contains(phrase))
        || f1(answer, "") == 1.0
}
