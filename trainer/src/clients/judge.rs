//! A judge: a model that labels answers as correct or wrong, generously, as the
//! paper's evaluation does.
//!
//! The paper's judge compares an answer with the gold answer. Gold answers do not
//! leave their environment here, so this one reads what the gold answer was made
//! from: the turns that hold the question's evidence.

use memloom_runtime::types::{Message, Question};
use serde::{Deserialize, Serialize};

use crate::clients::chat;
use crate::clients::http::{Client, Failure};
use crate::env::{OpenEpisode, Turn};

const INSTRUCTIONS: &str = include_str!("judge.md");

/// Tokens of a verdict, thinking included.
const TOKENS: u32 = 512;

/// A judge that a server is.
pub struct Judge(pub(super) Client);

#[derive(Serialize)]
struct Case<'a> {
    question: &'a str,
    turns: Vec<Heard<'a>>,
    answer: &'a str,
}

#[derive(Serialize)]
struct Heard<'a> {
    time: &'a str,
    speaker: &'a str,
    text: &'a str,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
struct Verdict {
    label: Label,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Label {
    Correct,
    Wrong,
}

impl Judge {
    /// A judge that this client asks.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// 1 for a correct answer to a question of the episode, 0 for a wrong one.
    ///
    /// # Errors
    /// Where it has no verdict that can be read.
    pub fn score(
        &self,
        opened: &OpenEpisode,
        question: &Question,
        answer: &str,
    ) -> Result<f32, Failure> {
        let turns = opened.turns.iter().flatten();
        let evidence = turns.filter(|turn| question.evidence.contains(&turn.id));
        self.label(&question.text, evidence, answer)
    }

    /// 1 for an answer that is correct by the turns that are evidence, 0 for a wrong
    /// one.
    ///
    /// # Errors
    /// Where it has no verdict that can be read.
    pub fn label<'a>(
        &self,
        question: &str,
        evidence: impl Iterator<Item = &'a Turn>,
        answer: &str,
    ) -> Result<f32, Failure> {
        let content = prompt(question, evidence, answer);
        let message = Message {
            role: "user".into(),
            content,
        };
        let label = chat::complete(&self.0, &[message], 0.0, TOKENS, |spoken| {
            verdict(&spoken.text)
                .ok_or_else(|| format!("the judge gives no verdict: {:?}", spoken.text))
        })?;
        Ok(match label {
            Label::Correct => 1.0,
            Label::Wrong => 0.0,
        })
    }
}

fn prompt<'a>(question: &str, evidence: impl Iterator<Item = &'a Turn>, answer: &str) -> String {
    let case = Case {
        question,
        turns: evidence
            .map(|turn| Heard {
                time: &turn.time,
                speaker: &turn.speaker,
                text: &turn.text,
            })
            .collect(),
        answer,
    };
    let case = serde_json::to_string_pretty(&case).expect("texts are plain JSON");
    format!("{INSTRUCTIONS}\n{case}\n")
}

/// The last verdict in a text.
fn verdict(text: &str) -> Option<Label> {
    let objects = text.rmatch_indices('{').map(|(at, _)| &text[at..]);
    objects
        .filter_map(|text| {
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Verdict>();
            values.next()?.ok()
        })
        .map(|verdict| verdict.label)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_verdict_counts_and_nothing_else_is_one() {
        let correct = r#"It fits {the turns}. {"label": "CORRECT"}"#;
        assert_eq!(verdict(correct), Some(Label::Correct));
        let twice = r#"{"label": "CORRECT"}, no: ```json {"label": "WRONG"} ```"#;
        assert_eq!(verdict(twice), Some(Label::Wrong));
        for none in [
            "",
            "CORRECT",
            r#"{"label": "PERHAPS"}"#,
            r#"{"label": "CORR"#,
            r#"{"label": 1}"#,
        ] {
            assert_eq!(verdict(none), None, "{none}");
        }
    }

    #[test]
    fn a_case_shows_the_evidence_and_no_gold() {
        let turn = Turn {
            id: "D1:2".into(),
            time: "3 May 2026".into(),
            speaker: "Anna".into(),
            text: "I moved last week.".into(),
            words: 4,
        };
        let prompt = prompt("When did Anna move?", [&turn].into_iter(), "in April");
        let case = prompt.strip_prefix(INSTRUCTIONS).unwrap_or_default();
        let case: serde_json::Value = serde_json::from_str(case).unwrap_or_default();
        let expected = serde_json::json!({
            "question": "When did Anna move?",
            "turns": [{"time": "3 May 2026", "speaker": "Anna", "text": "I moved last week."}],
            "answer": "in April",
        });
        assert_eq!(case, expected);
    }
}
