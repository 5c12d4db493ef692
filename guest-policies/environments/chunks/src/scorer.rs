//! The scorers of MemoryAgentBench (`utils/eval_other_utils.py`) and Mem-alpha
//! (`evaluate_agent_results.py`).

use memloom_sdk::metrics::{contains, f1, normalised_words};
use serde::{Deserialize, Serialize};

/// A way of comparing an answer with the right ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scorer {
    /// A candidate is in the answer, both normalised.
    Contains,
    /// All candidates are in the answer, in lower case.
    All,
    /// The whole answer, or its line after `Answer:`, is a candidate, normalised.
    Exact,
    /// The line after `Answer:`, else the first one, is a candidate, normalised.
    Label,
    /// Like [`Scorer::Label`], but what stands after `label:` counts where that is in the line.
    FlexibleLabel,
    /// The number in `\boxed{}`, else the whole answer, is the first candidate.
    Boxed,
    /// The share of the parts of the first candidate, between semicolons, that are in the
    /// answer, in lower case.
    Parts,
    /// The share of the candidates, or of their parts between commas, that are in the answer, in
    /// lower case.
    Keywords,
    /// Token F1 with the best candidate. A stand-in where a judge is meant to decide.
    F1,
    /// The share of the films among the first five of a numbered list (see
    /// [`crate::films`]).
    Films,
}

impl Scorer {
    /// Returns the score of an answer, in [0, 1]; 0 for [`Scorer::Films`].
    #[must_use]
    pub fn score(self, answer: &str, candidates: &[String]) -> f32 {
        let first = candidates.first().map_or("", String::as_str);
        match self {
            Self::Contains => best(candidates, |gold| contains(answer, gold)),
            Self::All => f32::from(candidates.iter().all(|gold| lower_in(answer, gold))),
            Self::Exact => best(candidates, |gold| {
                exact(answer, gold).max(exact(parsed(answer, ANSWER), gold))
            }),
            Self::Label => best(candidates, |gold| exact(parsed(answer, ANSWER), gold)),
            Self::FlexibleLabel => {
                let line = parsed(answer, ANSWER);
                best(candidates, |gold| exact(parsed(line, "label:"), gold))
            }
            Self::Boxed => {
                let said = boxed(answer).trim().trim_matches(['"', '\'']).trim();
                let digits = !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit());
                f32::from(digits && said == first.trim())
            }
            Self::Parts => share(answer, first.split(';')),
            Self::Keywords => share(answer, candidates.iter().flat_map(|gold| gold.split(", "))),
            Self::F1 => best(candidates, |gold| f1(answer, gold)),
            Self::Films => 0.0,
        }
    }
}

/// The words before an answer.
const ANSWER: &str = "answer:";

/// Returns the best of the candidates' scores; 0 without candidates.
pub fn best(candidates: &[String], score: impl Fn(&str) -> f32) -> f32 {
    candidates
        .iter()
        .fold(0.0, |best, gold| score(gold).max(best))
}

/// Returns 1 if two texts have the same normalised words, else 0.
pub fn exact(answer: &str, gold: &str) -> f32 {
    f32::from(normalised_words(answer) == normalised_words(gold))
}

/// Returns the rest of the line after the first `prefix`, in any case; else the first line.
fn parsed<'a>(answer: &'a str, prefix: &str) -> &'a str {
    let places = answer.char_indices().map(|(at, _)| at);
    let after = places
        .filter_map(|at| {
            let rest = &answer[at..];
            let begins = rest.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
            begins.then(|| &rest[prefix.len()..])
        })
        .next();
    let line = after.unwrap_or(answer).split('\n').next();
    line.unwrap_or_default().trim()
}

fn lower_in(answer: &str, part: &str) -> bool {
    answer.to_lowercase().contains(&part.to_lowercase())
}

/// Returns the share of the parts that are in the answer; blank ones are none.
fn share<'a>(answer: &str, parts: impl Iterator<Item = &'a str>) -> f32 {
    let parts: Vec<&str> = parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let found = parts.iter().filter(|part| lower_in(answer, part)).count();
    match parts.len() {
        0 => 0.0,
        count => found as f32 / count as f32,
    }
}

/// Returns the text in the first `\boxed{}`, with balanced braces; the whole text without one.
fn boxed(answer: &str) -> &str {
    let Some((_, rest)) = answer.split_once("\\boxed{") else {
        return answer;
    };
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map_or(answer, |end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(scorer: Scorer, answer: &str, candidates: &[&str]) -> f32 {
        let candidates: Vec<String> = candidates.iter().map(ToString::to_string).collect();
        scorer.score(answer, &candidates)
    }

    #[test]
    fn the_scorer_table_is_the_published_one() {
        let table: [(Scorer, &str, &[&str], f32); 25] = [
            (Scorer::Contains, "It is Paris.", &["paris"], 1.0),
            (Scorer::Contains, "", &["x"], 0.0),
            (Scorer::Contains, "1066", &["In 1066", "1066"], 1.0),
            (Scorer::Label, "label: 43", &["43"], 0.0),
            (Scorer::FlexibleLabel, "label: 43", &["43"], 1.0),
            (Scorer::All, "They meet.", &["they meet", "she leaves"], 0.0),
            (
                Scorer::All,
                "They MEET; she leaves",
                &["they meet", "she leaves"],
                1.0,
            ),
            (Scorer::Label, "43\nbecause", &["43"], 1.0),
            (Scorer::Label, "Well.\nANSWER: 43\nyes", &["43"], 1.0),
            (Scorer::Label, "It is 43", &["43"], 0.0),
            (
                Scorer::FlexibleLabel,
                "my card is lost Label: 43",
                &["43"],
                1.0,
            ),
            (Scorer::FlexibleLabel, "43", &["43"], 1.0),
            (Scorer::FlexibleLabel, "", &["43"], 0.0),
            (Scorer::Exact, "B. The butler.", &["B. the butler"], 1.0),
            (
                Scorer::Exact,
                "So,\nAnswer: B. The butler",
                &["B. the butler"],
                1.0,
            ),
            (Scorer::Exact, "The butler", &["B. the butler"], 0.0),
            (Scorer::Boxed, "It is \\boxed{7}.", &["7"], 1.0),
            (Scorer::Boxed, "\"7\"", &["7"], 1.0),
            (Scorer::Boxed, "label 7", &["7"], 0.0),
            (Scorer::Boxed, "\\boxed{7", &["7"], 0.0),
            (
                Scorer::Parts,
                "Anna, in ROME",
                &["anna; Rome; 1990"],
                2.0 / 3.0,
            ),
            (
                Scorer::Keywords,
                "a storm and a ship",
                &["storm, ship", "king"],
                2.0 / 3.0,
            ),
            (Scorer::Keywords, "a storm", &[" , "], 0.0),
            (Scorer::F1, "may 12", &["June", "12 May"], 1.0),
            (Scorer::F1, "anything", &[], 0.0),
        ];
        for (scorer, answer, candidates, expected) in table {
            assert_eq!(
                score(scorer, answer, candidates),
                expected,
                "{scorer:?} of {answer:?}"
            );
        }
    }
}
