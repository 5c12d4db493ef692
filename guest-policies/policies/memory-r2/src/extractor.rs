//! The extractor, which finds facts in dialogue.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memloom_json::schema::{list, object, one_of, text_up_to};
use memloom_json::{self as json, Form, text, text_of};
use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde::Serialize;
use serde_json::Value;

use crate::bounds::Bounds;
use crate::session_view::SessionView;

/// The names of a fact's text: the one in the format, then those that models use.
pub const TEXT_NAMES: [&str; 3] = ["fact", "text", "content"];

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
    /// The form of the output.
    pub form: Form,
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
    fact: Cow<'a, str>,
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

/// Returns a demonstrator's output: the turns with hints, unchanged but for the bounds.
pub fn demonstration(
    turns: &[Turn],
    hinted: &BTreeMap<String, DemonstratedOperation>,
    bounds: Option<&Bounds>,
) -> String {
    let kept = turns.iter().filter(|turn| hinted.contains_key(&turn.id));
    let facts = kept.map(|turn| OutputFact {
        speaker: &turn.speaker,
        dia_id: &turn.id,
        fact: Bounds::shortened(bounds, &turn.text),
    });
    json::write(&Output {
        facts: Bounds::first(bounds, facts),
    })
}

/// Returns an output with these facts, each of one turn.
pub fn output(facts: &[Fact]) -> String {
    let facts = facts.iter().map(|fact| OutputFact {
        speaker: &fact.speaker,
        dia_id: fact.evidence.first().map_or("", String::as_str),
        fact: fact.text.as_str().into(),
    });
    json::write(&Output {
        facts: facts.collect(),
    })
}

/// Returns the schema of outputs about these turns that can be parsed completely.
pub fn schema(turns: &[Turn], view: &SessionView, bounds: &Bounds) -> String {
    let fact = object(&[
        ("speaker", one_of(view.names())),
        ("dia_id", one_of(turns.iter().map(|turn| &*turn.id))),
        ("fact", text_up_to(bounds.chars)),
    ]);
    object(&[("facts", list(&fact, bounds.items))])
}

/// Parses an output; none if it has no list of facts.
pub fn parse(output: &str, view: &SessionView) -> Option<Facts> {
    let is_fact = |item: &Value| text_of(item, &TEXT_NAMES).is_some();
    let json::Items { items, form } = json::items(output, "facts", is_fact)?;
    let mut read = Facts {
        facts: Vec::new(),
        refused: 0,
        form,
    };
    for item in &items {
        let (Some(speaker), Some((text, renamed))) =
            (text(item, "speaker"), text_of(item, &TEXT_NAMES))
        else {
            read.refused += 1;
            continue;
        };
        let cited = view.cited(item.get("dia_id").unwrap_or(&Value::Null));
        read.refused += cited.unknown;
        read.form.repaired |= renamed || cited.repaired;
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
        let said = demonstration(&turns(), &hinted, None);
        assert_eq!(
            parsed(&said),
            Some(Facts {
                facts: vec![Fact {
                    speaker: "Anna".into(),
                    text: "I ski \"a lot\".".into(),
                    evidence: vec!["D1:1".into()],
                }],
                refused: 0,
                form: Form::default(),
            })
        );
        let nothing = demonstration(&turns(), &BTreeMap::new(), None);
        assert_eq!(nothing, r#"{"facts":[]}"#);
        let bounds = Bounds { items: 1, chars: 7 };
        assert_eq!(
            demonstration(&turns(), &hinted, Some(&bounds)),
            r#"{"facts":[{"speaker":"Anna","dia_id":"D1:1","fact":"I ski"}]}"#
        );
    }

    #[test]
    fn what_cannot_be_used_is_counted_and_the_rest_kept() {
        let said = r#"{"facts": [{"speaker": "Ben", "fact": " "}, {"fact": "x"}, 3,
            {"speaker": "Ben", "fact": "Ben hums.", "dia_id": ["D1:2", "D7:7"]}]}"#;
        let Some(Facts { facts, refused, .. }) = parsed(said) else {
            panic!("not read");
        };
        assert_eq!(refused, 4);
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].evidence, ["D1:2"]);
    }

    #[test]
    fn an_object_without_facts_is_not_read() {
        for said in [
            "",
            r#"{"fact": []}"#,
            r#"{"facts": {}}"#,
            r#"{"facts": [{"#,
            r#"{"fact": 3}"#,
            r#"{"operations": []}"#,
        ] {
            assert_eq!(parsed(said), None, "{said}");
        }
    }

    #[test]
    fn other_names_and_kinds_of_id_are_repaired() {
        let hums = |said: &str| {
            let read = parsed(said).expect(said);
            assert_eq!(read.refused, 0, "{said}");
            assert_eq!(
                read.facts,
                [Fact {
                    speaker: "Ben".into(),
                    text: "Ben hums.".into(),
                    evidence: vec!["D1:2".into()],
                }],
                "{said}"
            );
            read.form
        };
        let repaired = Form {
            repaired: true,
            cut: false,
        };
        for said in [
            r#"{"facts": [{"speaker": "Ben", "dia_id": "D1:2", "text": "Ben hums."}]}"#,
            r#"{"facts": [{"speaker": "Ben", "dia_id": 2, "fact": "Ben hums."}]}"#,
            r#"{"facts": [{"speaker": "Ben", "dia_id": "2", "fact": "Ben hums."}]}"#,
            r#"[{"speaker": "Ben", "dia_id": ["D1:2"], "content": "Ben hums."}]"#,
            r#"{"speaker": "Ben", "dia_id": "D1:2", "fact": "Ben hums."}"#,
        ] {
            assert_eq!(hums(said), repaired, "{said}");
        }
        let cut = r#"{"facts": [{"speaker": "Ben", "dia_id": "D1:2", "fact": "Ben hums."}, {"sp"#;
        assert!(hums(cut).cut);
    }
}
