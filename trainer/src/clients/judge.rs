//! A judge: a model that labels answers as correct or wrong, generously, as the
//! paper's evaluation does.
//!
//! The paper's judge compares an answer with the gold answer. Here gold answers do not
//! leave their environment, so the judge compares an answer with the turns that hold the
//! question's evidence.

use memloom_runtime::types::{FinishReason, Message};
use memloom_text::thoughts::spoken;
use serde::{Deserialize, Serialize};

use crate::clients::chat::{self, ChatReply};
use crate::clients::http::{Client, Failure};

const INSTRUCTIONS: &str = include_str!("judge.md");

/// The form of a verdict, after an environment's own instruction.
const VERDICT: &str =
    "End your reply with your verdict: {\"label\": \"CORRECT\"} or {\"label\": \"WRONG\"}.";

/// A judge on a server.
pub struct Judge(pub(super) Client);

#[derive(Serialize)]
struct Case<'a> {
    question: &'a str,
    turns: Vec<EvidenceTurn<'a>>,
    answer: &'a str,
}

/// A turn of a dialogue that holds evidence.
#[derive(Serialize)]
pub struct EvidenceTurn<'a> {
    /// The time of the turn's session, in the environment's words.
    pub time: &'a str,
    /// The speaker's name.
    pub speaker: &'a str,
    /// The text of the turn.
    pub text: &'a str,
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
    /// Creates a judge that sends requests through a client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Returns 1 if an answer is correct by its evidence, and 0 if it is wrong.
    ///
    /// # Errors
    /// The server fails after all attempts, or its reply holds no verdict.
    pub fn label<'a>(
        &self,
        question: &str,
        evidence: impl Iterator<Item = EvidenceTurn<'a>>,
        answer: &str,
    ) -> Result<f32, Failure> {
        self.decide(prompt(question, evidence, answer))
    }

    /// Returns 1 if an answer is correct by an environment's own instruction for judges, and 0
    /// if it is wrong.
    ///
    /// # Errors
    /// Fails like [`Judge::label`].
    pub fn label_by(&self, rubric: &str, question: &str, answer: &str) -> Result<f32, Failure> {
        self.decide(prompt_by(rubric, question, answer))
    }

    fn decide(&self, content: String) -> Result<f32, Failure> {
        let message = Message::new("user", content);
        let settings = self.0.settings();
        let most = settings.verdict_tokens();
        let wishes = chat::Wishes::new(settings.temperature, most);
        let label = chat::complete(&self.0, &[message], wishes, |reply| read(&reply, most))?;
        Ok(match label {
            Label::Correct => 1.0,
            Label::Wrong => 0.0,
        })
    }
}

fn prompt<'a>(
    question: &str,
    evidence: impl Iterator<Item = EvidenceTurn<'a>>,
    answer: &str,
) -> String {
    let case = Case {
        question,
        turns: evidence.collect(),
        answer,
    };
    let case = serde_json::to_string_pretty(&case).expect("texts are plain JSON");
    format!("{INSTRUCTIONS}\n{case}\n")
}

fn prompt_by(rubric: &str, question: &str, answer: &str) -> String {
    let case = serde_json::json!({"question": question, "answer": answer});
    format!("{}\n\n{VERDICT}\n\n{case:#}\n", rubric.trim_end())
}

/// Returns the label in a reply. A reply that was cut off has none: the label in it may be a
/// draft.
fn read(reply: &ChatReply, most: u32) -> Result<Label, String> {
    if reply.finish == FinishReason::Length {
        return Err(format!(
            "the judge's reply was cut off at {most} tokens: raise servers.judge.max_tokens"
        ));
    }
    verdict(&reply.text).ok_or_else(|| format!("the judge gives no verdict: {:?}", reply.text))
}

/// Returns the last verdict in a reply, after its thoughts.
fn verdict(reply: &str) -> Option<Label> {
    let said = spoken(reply)?;
    let objects = said.rmatch_indices('{').map(|(at, _)| &said[at..]);
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
    fn a_verdict_in_a_thought_is_none() {
        let (correct, wrong) = (r#"{"label": "CORRECT"}"#, r#"{"label": "WRONG"}"#);
        for (reply, label) in [
            (
                format!("<think>{correct}?</think>{wrong}"),
                Some(Label::Wrong),
            ),
            (format!("{correct}? No.</think>{wrong}"), Some(Label::Wrong)),
            (format!("<think>{correct}"), None),
            (format!("<think>{correct}</think>"), None),
            (format!("{correct} <think>Or"), None),
        ] {
            assert_eq!(verdict(&reply), label, "{reply}");
        }
    }

    #[test]
    fn a_rubric_is_the_whole_instruction_but_for_the_form_of_the_verdict() {
        let prompt = prompt_by("Gold: Oslo. Abbreviations count.\n", "Where?", "OSL");
        assert!(prompt.starts_with("Gold: Oslo. Abbreviations count.\n\nEnd your reply"));
        let case = prompt
            .rsplit_once("\n\n")
            .map(|(_, case)| case)
            .unwrap_or_default();
        let case: serde_json::Value = serde_json::from_str(case).unwrap_or_default();
        assert_eq!(
            case,
            serde_json::json!({"question": "Where?", "answer": "OSL"})
        );
        assert!(!prompt.contains(INSTRUCTIONS));
    }

    #[test]
    fn a_reply_that_was_cut_off_gives_no_verdict() {
        let reply = |finish| ChatReply {
            text: r#"<think>Yes.</think>{"label": "CORRECT"}, or"#.into(),
            calls: Vec::new(),
            stopped_by: None,
            finish,
            tokens: None,
        };
        assert_eq!(read(&reply(FinishReason::Stop), 9), Ok(Label::Correct));
        assert_eq!(
            read(&reply(FinishReason::Length), 9),
            Err("the judge's reply was cut off at 9 tokens: raise servers.judge.max_tokens".into())
        );
    }

    #[test]
    fn a_case_shows_the_evidence_and_no_gold() {
        let turn = EvidenceTurn {
            time: "3 May 2026",
            speaker: "Anna",
            text: "I moved last week.",
        };
        let prompt = prompt("When did Anna move?", [turn].into_iter(), "in April");
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
