//! The extractor, which finds facts in dialogue.

use std::collections::BTreeMap;

use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde::Serialize;
use serde_json::Value;

use crate::json;
use crate::schema::{TEXT, list, object, one_of};
use crate::session_view::{SessionView, text};

/// The role's instructions.
pub const INSTRUCTIONS: &str = include_str!("prompts/extractor.md");

/// A fact to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The person that it is about.
    pub speaker: String,
    /// The text.
    pub text: String,
    /// The turns that state it.
    pub evidence: Vec<String>,
}

impl Fact {
    /// Returns a turn as a fact.
    pub fn of(turn: &Turn) -> Self {
        Self {
            speaker: turn.speaker.clone(),
            text: turn.text.clone(),
            evidence: vec![turn.id.clone()],
        }
    }
}

/// The parsed part of an output.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// The facts in the output's order.
    pub facts: Vec<Fact>,
    /// The number of facts without text or speaker, and of unknown turn ids.
    pub refused: u32,
}

#[derive(Serialize)]
struct Input<'a> {
    session_time: &'a str,
    turns: Vec<InputTurn<'a>>,
}

#[derive(Serialize)]
struct InputTurn<'a> {
    dia_id: &'a str,
    speaker: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Output<'a> {
    facts: Vec<OutputFact<'a>>,
}

#[derive(Serialize)]
struct OutputFact<'a> {
    speaker: &'a str,
    dia_id: &'a str,
    fact: &'a str,
}

/// Returns the user message about a chunk.
pub fn prompt(time: &str, turns: &[Turn]) -> String {
    let turns = turns.iter().map(|turn| InputTurn {
        dia_id: &turn.id,
        speaker: &turn.speaker,
        text: &turn.text,
    });
    json::write(&Input {
        session_time: time,
        turns: turns.collect(),
    })
}

/// Returns a demonstrator's output: the turns with hints, unchanged.
pub fn demonstration(turns: &[Turn], hinted: &BTreeMap<String, DemonstratedOperation>) -> String {
    let kept = turns.iter().filter(|turn| hinted.contains_key(&turn.id));
    let facts = kept.map(|turn| OutputFact {
        speaker: &turn.speaker,
        dia_id: &turn.id,
        fact: &turn.text,
    });
    json::write(&Output {
        facts: facts.collect(),
    })
}

/// Returns the schema of outputs about these turns that can be parsed completely.
pub fn schema(turns: &[Turn], view: &SessionView) -> String {
    let fact = object(&[
        ("speaker", one_of(view.names())),
        ("dia_id", one_of(turns.iter().map(|turn| &*turn.id))),
        ("fact", TEXT.into()),
    ]);
    object(&[("facts", list(&fact))])
}

/// Parses an output; none if it has no object with `facts`.
pub fn parse(output: &str, view: &SessionView) -> Option<Facts> {
    let object = json::object(output)?;
    let mut read = Facts {
        facts: Vec::new(),
        refused: 0,
    };
    for item in object.get("facts")?.as_array()? {
        let (Some(speaker), Some(text)) = (text(item, "speaker"), text(item, "fact")) else {
            read.refused += 1;
            continue;
        };
        let cited = view.cited(item.get("dia_id").unwrap_or(&Value::Null));
        read.refused += cited.unknown;
        read.facts.push(Fact {
            speaker: view.speaker(speaker, &cited.turns),
            text: text.into(),
            evidence: cited.turns,
        });
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> [Turn; 2] {
        let turn = |id: &str, speaker: &str, text: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: text.into(),
        };
        [
            turn("D1:1", "Anna", "I ski \"a lot\"."),
            turn("D1:2", "Ben", "Hm."),
        ]
    }

    fn parsed(output: &str) -> Option<Facts> {
        let speakers = ["Anna".into(), "Ben".into()];
        let view = SessionView {
            time: "noon",
            turns: &turns(),
            speakers: &speakers,
        };
        parse(output, &view)
    }

    #[test]
    fn the_prompt_is_json_with_the_sessions_time() {
        assert_eq!(
            prompt("noon", &turns()),
            r#"{"session_time":"noon","turns":[{"dia_id":"D1:1","speaker":"Anna","text":"I ski \"a lot\"."},{"dia_id":"D1:2","speaker":"Ben","text":"Hm."}]}"#
        );
    }

    #[test]
    fn a_demonstration_reads_back_as_the_turns() {
        let hinted = BTreeMap::from([("D1:1".to_string(), DemonstratedOperation::Skip)]);
        let said = demonstration(&turns(), &hinted);
        assert_eq!(
            parsed(&said),
            Some(Facts {
                facts: vec![Fact {
                    speaker: "Anna".into(),
                    text: "I ski \"a lot\".".into(),
                    evidence: vec!["D1:1".into()],
                }],
                refused: 0,
            })
        );
        assert_eq!(demonstration(&turns(), &BTreeMap::new()), r#"{"facts":[]}"#);
    }

    #[test]
    fn what_cannot_be_used_is_counted_and_the_rest_kept() {
        let said = r#"{"facts": [{"speaker": "Ben", "fact": " "}, {"fact": "x"}, 3,
            {"speaker": "Ben", "fact": "Ben hums.", "dia_id": ["D1:2", "D7:7"]}]}"#;
        let Some(Facts { facts, refused }) = parsed(said) else {
            panic!("not read");
        };
        assert_eq!(refused, 4);
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].evidence, ["D1:2"]);
    }

    #[test]
    fn an_object_without_facts_is_not_read() {
        for said in ["", r#"{"fact": []}"#, r#"{"facts": {}}"#, r#"{"facts": [{"#] {
            assert_eq!(parsed(said), None, "{said}");
        }
    }
}
