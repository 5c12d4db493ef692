//! The scores of answers.

use memloom_sdk::metrics::{f1, normalised_words};
use memloom_sdk::types::Score;
use serde::{Deserialize, Serialize};

use crate::options::Metric;

/// The mark of an answer inside a longer text, as models of mathematics write it.
const BOX: &str = r"\boxed{";
/// The label of an answer.
const LABEL: &str = "answer:";

/// The worth of an answer, each in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// 1 if it is a right one.
    pub exact: f32,
    /// 1 if it contains a right one.
    pub contains: f32,
    /// F1 over words, of the right answer that fits best.
    pub f1: f32,
}

/// Compares an answer with the right ones. Only its last `tail` characters count; 0 for all.
#[must_use]
pub fn judge(said: &str, answers: &[String], tail: u32) -> Outcome {
    let answer = final_answer(last_chars(said, tail));
    if answer.is_empty() {
        return Outcome::default();
    }
    let most = |measure: fn(&str, &str) -> f32| {
        let measured = answers.iter().map(|right| measure(answer, right));
        measured.fold(0.0, f32::max)
    };
    Outcome {
        exact: most(|answer, right| f32::from(is_same(answer, right))),
        contains: most(|answer, right| f32::from(holds(answer, right))),
        f1: most(f1),
    }
}

/// Returns the answer in a text: the content of the last `\boxed{}`, else the text after the last
/// `answer:`, else all of it.
#[must_use]
pub fn final_answer(said: &str) -> &str {
    let answer = boxed(said).unwrap_or_else(|| {
        let lower = said.to_ascii_lowercase();
        lower
            .rfind(LABEL)
            .map_or(said, |at| &said[at + LABEL.len()..])
    });
    answer.trim()
}

/// Returns the content of the last box that is closed.
fn boxed(said: &str) -> Option<&str> {
    let mut boxes = said.rmatch_indices(BOX);
    boxes.find_map(|(at, _)| {
        let content = &said[at + BOX.len()..];
        let mut open = 1;
        let end = content.find(|letter| {
            match letter {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            open == 0
        });
        end.map(|end| &content[..end])
    })
}

fn last_chars(text: &str, count: u32) -> &str {
    let Some(before) = (count as usize).checked_sub(1) else {
        return text;
    };
    let start = text.char_indices().rev().nth(before);
    start.map_or(text, |(at, _)| &text[at..])
}

fn is_same(answer: &str, right: &str) -> bool {
    let words = normalised_words(right);
    !words.is_empty() && normalised_words(answer) == words
}

/// Returns whether the words of a right answer occur in a text, one after the other.
#[must_use]
pub fn holds(text: &str, right: &str) -> bool {
    let (text, right) = (normalised_words(text), normalised_words(right));
    !right.is_empty() && text.windows(right.len()).any(|run| run == right)
}

/// Returns the score of an answer that took this many acts.
#[must_use]
pub fn score(metric: Metric, outcome: Outcome, acts: u32) -> Score {
    let reward = match metric {
        Metric::Exact => outcome.exact,
        Metric::Contains => outcome.contains,
    };
    let metrics = [
        ("success", reward),
        ("acts", acts as f32),
        ("exact", outcome.exact),
        ("contains", outcome.contains),
        ("f1", outcome.f1),
    ];
    Score {
        reward,
        metrics: metrics.map(|(name, value)| (name.into(), value)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(said: &str, tail: u32) -> f32 {
        judge(said, &["paris".into(), "New York".into()], tail).exact
    }

    #[test]
    fn f_the_last_box_counts_wherever_it_stands() {
        assert_eq!(exact(r"the answer is \boxed{ Paris }", 0), 1.0);
        assert_eq!(exact(r"\boxed{Rome}, no, \boxed{Paris}", 0), 1.0);
        assert_eq!(exact(r"\boxed{Paris}, no, \boxed{Rome}", 0), 0.0);
        let early = format!(r"\boxed{{Paris}}{}", " because I read so".repeat(20));
        assert_eq!(exact(&early, 0), 1.0);
        assert_eq!(exact(&early, 300), 0.0);
        assert_eq!(exact(r"in short \boxed{Paris}", 300), 1.0);
    }

    #[test]
    fn without_a_box_the_text_after_the_label_counts() {
        for said in [
            "paris",
            "The Paris!",
            "Answer: Rome. ANSWER: Paris",
            "answer: new york",
        ] {
            assert_eq!(exact(said, 0), 1.0, "{said}");
        }
        for said in [
            "",
            "answer:",
            r"\boxed{}",
            "the",
            "it is Paris",
            "Paris answer: Rome",
        ] {
            assert_eq!(exact(said, 0), 0.0, "{said}");
        }
    }

    #[test]
    fn boxes_hold_braces_and_an_open_one_is_none() {
        assert_eq!(final_answer(r"\boxed{\text{Paris}} or so"), r"\text{Paris}");
        assert_eq!(final_answer(r"\boxed{Rome} or \boxed{Paris"), "Rome");
    }

    #[test]
    fn an_answer_among_other_words_is_contained() {
        let outcome = judge("It is Paris, I think", &["paris".into()], 0);
        assert_eq!((outcome.exact, outcome.contains), (0.0, 1.0));
        assert!(outcome.f1 > 0.3 && outcome.f1 < 0.4);
        assert_eq!(judge("Comparison", &["paris".into()], 0).contains, 0.0);
        assert_eq!(score(Metric::Exact, outcome, 3).reward, 0.0);
        let score = score(Metric::Contains, outcome, 3);
        assert_eq!(score.reward, 1.0);
        assert_eq!(score.metrics[1], ("acts".into(), 3.0));
    }

    #[test]
    fn the_tail_is_counted_in_characters() {
        assert_eq!(last_chars("Köln", 3), "öln");
        assert_eq!(
            (last_chars("Köln", 9), last_chars("Köln", 0)),
            ("Köln", "Köln")
        );
    }
}
