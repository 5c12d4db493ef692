//! The manager, which decides on operations for facts and related entries.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};
use serde::Serialize;
use serde_json::Value;

use crate::bounds::Bounds;
use crate::extractor::Fact;
use crate::json::{self, Form, text, text_of};
use crate::schema::{any_of, list, object, one_of, text_up_to};
use crate::session_view::{SessionView, by_number};

/// The names of an entry's text: the one in the format, then those that models use.
const CONTENT_NAMES: [&str; 3] = ["content", "fact", "text"];

/// The facts of a chunk, and the entries that they may change.
#[derive(Debug, Default, PartialEq)]
pub struct Cases {
    /// The facts with the ids of their related entries, best first.
    pub facts: Vec<(Fact, Vec<String>)>,
    /// The related entries, each once.
    pub memories: Vec<Entry>,
}

/// The parsed part of an output.
#[derive(Debug, PartialEq)]
pub struct Operations {
    /// The operations in the output's order, without vectors.
    pub operations: Vec<Operation>,
    /// The number of unknown or incomplete operations, and of unknown turn ids.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Input<'a> {
    session_time: &'a str,
    memories: Vec<Memory<'a>>,
    facts: Vec<InputFact<'a>>,
}

#[derive(Serialize)]
struct Memory<'a> {
    memory_id: &'a str,
    session_time: &'a str,
    speaker: &'a str,
    content: &'a str,
    dia_ids: &'a [String],
}

#[derive(Serialize)]
struct InputFact<'a> {
    speaker: &'a str,
    dia_id: String,
    fact: &'a str,
    related_memory_ids: &'a [String],
}

#[derive(Serialize)]
struct Output<'a> {
    operations: Vec<Said<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "operation", rename_all = "UPPERCASE")]
enum Said<'a> {
    Insert {
        speaker: &'a str,
        content: Cow<'a, str>,
        dia_id: String,
    },
    Update {
        memory_id: &'a str,
        content: Cow<'a, str>,
        dia_id: String,
    },
    Delete {
        memory_id: &'a str,
    },
}

/// Returns the user message about a chunk's facts.
pub fn prompt(time: &str, cases: &Cases) -> String {
    let memories = cases.memories.iter().map(|entry| Memory {
        memory_id: &entry.id,
        session_time: &entry.time,
        speaker: &entry.speaker,
        content: &entry.text,
        dia_ids: &entry.evidence,
    });
    let facts = cases.facts.iter().map(|(fact, related)| InputFact {
        speaker: &fact.speaker,
        dia_id: fact.evidence.join(", "),
        fact: &fact.text,
        related_memory_ids: related,
    });
    json::write(&Input {
        session_time: time,
        memories: memories.collect(),
        facts: facts.collect(),
    })
}

/// Returns a demonstrator's output. If its entry is not related to the fact, an update
/// becomes an insertion, and a deletion is left out.
pub fn demonstration(
    cases: &Cases,
    hinted: &BTreeMap<String, DemonstratedOperation>,
    bounds: Option<&Bounds>,
) -> String {
    let said = cases.facts.iter().filter_map(|(fact, related)| {
        let operation = fact.evidence.iter().find_map(|turn| hinted.get(turn));
        let supported_by = |turn: &String| {
            let mut memories = cases
                .memories
                .iter()
                .filter(|entry| related.contains(&entry.id));
            memories.find(|entry| entry.evidence.contains(turn))
        };
        let dia_id = fact.evidence.join(", ");
        let insert = |dia_id| Said::Insert {
            speaker: &fact.speaker,
            content: Bounds::shortened(bounds, &fact.text),
            dia_id,
        };
        match operation {
            None | Some(DemonstratedOperation::Insert) => Some(insert(dia_id)),
            Some(DemonstratedOperation::Skip) => None,
            Some(DemonstratedOperation::Update(turn)) => Some(match supported_by(turn) {
                Some(entry) => Said::Update {
                    memory_id: &entry.id,
                    content: Bounds::shortened(bounds, &fact.text),
                    dia_id,
                },
                None => insert(dia_id),
            }),
            Some(DemonstratedOperation::Delete(turn)) => {
                supported_by(turn).map(|entry| Said::Delete {
                    memory_id: &entry.id,
                })
            }
        }
    });
    json::write(&Output {
        operations: Bounds::first(bounds, said),
    })
}

/// Returns the schema of outputs about these cases that can be parsed completely.
pub fn schema(cases: &Cases, view: &SessionView, bounds: &Bounds) -> String {
    let cited = cases.facts.iter().map(|(fact, _)| fact.evidence.join(", "));
    let cited: Vec<String> = cited.collect();
    let named = |name| ("operation", one_of([name]));
    let memory = (
        "memory_id",
        one_of(cases.memories.iter().map(|entry| &*entry.id)),
    );
    let speaker = ("speaker", one_of(view.names()));
    let content = ("content", text_up_to(bounds.chars));
    let turns = ("dia_id", one_of(cited.iter().map(String::as_str)));
    let mut operations = vec![object(&[
        named("INSERT"),
        speaker,
        content.clone(),
        turns.clone(),
    ])];
    if !cases.memories.is_empty() {
        operations.push(object(&[named("UPDATE"), memory.clone(), content, turns]));
        operations.push(object(&[named("DELETE"), memory]));
    }
    // A fact leads to one operation at most, and each entry is changed once.
    let most = bounds.items.min(cases.facts.len() + cases.memories.len());
    object(&[("operations", list(&any_of(&operations), most))])
}

/// Parses an output; none if it has no list of operations.
pub fn parse(output: &str, cases: &Cases, view: &SessionView) -> Option<Operations> {
    let is_operation = |item: &Value| text(item, "operation").is_some();
    let json::Items { items, form } = json::items(output, "operations", is_operation)?;
    let mut read = Operations {
        operations: Vec::new(),
        refused: 0,
        form,
    };
    for item in &items {
        let cited = view.cited(item.get("dia_id").unwrap_or(&Value::Null));
        match operation(item, cited.turns, cases, view) {
            Some((operation, repaired)) => {
                read.refused += cited.unknown;
                read.form.repaired |= repaired || cited.repaired;
                read.operations.push(operation);
            }
            None => read.refused += 1,
        }
    }
    Some(read)
}

/// Returns an operation, and true if it is not of the format that was asked for.
fn operation(
    item: &Value,
    evidence: Vec<String>,
    cases: &Cases,
    view: &SessionView,
) -> Option<(Operation, bool)> {
    let name = text(item, "operation")?;
    let upper = name.to_ascii_uppercase();
    let mut repaired = name != upper;
    let operation = match upper.as_str() {
        "INSERT" => {
            let speaker = view.speaker(text(item, "speaker")?, &evidence);
            let (content, renamed) = text_of(item, &CONTENT_NAMES)?;
            repaired |= renamed;
            Operation::insert(content, speaker, evidence)
        }
        "UPDATE" => {
            let (id, numbered) = memory_id(item, cases)?;
            let (content, renamed) = text_of(item, &CONTENT_NAMES)?;
            repaired |= numbered || renamed;
            Operation::update(id, content, evidence)
        }
        "DELETE" => {
            let (id, numbered) = memory_id(item, cases)?;
            repaired |= numbered;
            Operation::Delete(id)
        }
        _ => return None,
    };
    Some((operation, repaired))
}

/// Returns the id of an operation's entry, and true if it was given as a number. A number
/// stands for the one entry shown whose id ends in it. An unknown id is left to the bank.
fn memory_id(item: &Value, cases: &Cases) -> Option<(String, bool)> {
    let ids = cases.memories.iter().map(|entry| entry.id.as_str());
    match item.get("memory_id")? {
        Value::Number(number) => {
            let id = by_number(ids, &number.to_string())?;
            Some((id.into(), true))
        }
        _ => {
            let said = text(item, "memory_id")?;
            let exact = ids.clone().any(|id| id == said);
            Some(match by_number(ids, said).filter(|_| !exact) {
                Some(id) => (id.into(), true),
                None => (said.into(), false),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::Turn;

    fn cases() -> Cases {
        let fact = |text: &str, turn: &str| Fact {
            speaker: "Anna".into(),
            text: text.into(),
            evidence: vec![turn.into()],
        };
        let memory = |id: &str, text: &str, turn: &str| Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: "May".into(),
            first_session: 1,
            last_session: 1,
            evidence: vec![turn.into()],
            fields: vec![],
        };
        Cases {
            facts: vec![
                (fact("Anna left Rome.", "D2:1"), vec!["m1".into()]),
                (fact("Anna skis.", "D2:2"), vec![]),
            ],
            memories: vec![memory("m1", "Anna lives in Rome.", "D1:1")],
        }
    }

    fn parsed(output: &str) -> Option<Operations> {
        let turn = |id: &str| Turn {
            id: id.into(),
            speaker: "Anna".into(),
            text: String::new(),
        };
        let speakers = ["Anna".into()];
        let view = SessionView {
            time: "noon",
            turns: &[turn("D2:1"), turn("D2:2")],
            speakers: &speakers,
        };
        parse(output, &cases(), &view)
    }

    const REPAIRED: Form = Form {
        repaired: true,
        cut: false,
    };

    #[test]
    fn numbers_and_other_names_are_repaired() {
        let update = Operation::update("m1", "x", vec!["D2:1".into()]);
        for said in [
            r#"{"operation": "UPDATE", "memory_id": "m1", "content": "x", "dia_id": "D2:1"}"#,
            r#"{"operations": [{"operation": "UPDATE", "memory_id": 1, "content": "x", "dia_id": "D2:1"}]}"#,
            r#"{"operations": [{"operation": "UPDATE", "memory_id": "1", "fact": "x", "dia_id": "D2:1"}]}"#,
            r#"[{"operation": "update", "memory_id": "m1", "text": "x", "dia_id": 1}]"#,
        ] {
            assert_eq!(
                parsed(said),
                Some(Operations {
                    operations: vec![update.clone()],
                    refused: 0,
                    form: REPAIRED,
                }),
                "{said}"
            );
        }
        let cut = r#"{"operations": [{"operation": "DELETE", "memory_id": "m1"}, {"oper"#;
        let read = parsed(cut).expect("the first operation is complete");
        assert_eq!(read.operations, [Operation::Delete("m1".into())]);
        assert!(read.form.cut && read.form.repaired);
    }

    #[test]
    fn the_prompt_is_json_with_time_memories_and_facts() {
        assert_eq!(
            prompt("noon", &cases()),
            concat!(
                r#"{"session_time":"noon","memories":[{"memory_id":"m1","session_time":"May","#,
                r#""speaker":"Anna","content":"Anna lives in Rome.","dia_ids":["D1:1"]}],"#,
                r#""facts":[{"speaker":"Anna","dia_id":"D2:1","fact":"Anna left Rome.","#,
                r#""related_memory_ids":["m1"]},{"speaker":"Anna","dia_id":"D2:2","#,
                r#""fact":"Anna skis.","related_memory_ids":[]}]}"#
            )
        );
    }

    #[test]
    fn demonstrations_say_the_hinted_operations() {
        let said = |first: DemonstratedOperation| {
            let hinted = BTreeMap::from([("D2:1".to_string(), first)]);
            demonstration(&cases(), &hinted, None)
        };
        let skis =
            r#"{"operation":"INSERT","speaker":"Anna","content":"Anna skis.","dia_id":"D2:2"}"#;
        let left = r#""content":"Anna left Rome.","dia_id":"D2:1"}"#;
        let insert =
            format!(r#"{{"operations":[{{"operation":"INSERT","speaker":"Anna",{left},{skis}]}}"#);
        assert_eq!(said(DemonstratedOperation::Insert), insert);
        assert_eq!(said(DemonstratedOperation::Update("D9:9".into())), insert);
        assert_eq!(
            said(DemonstratedOperation::Update("D1:1".into())),
            format!(r#"{{"operations":[{{"operation":"UPDATE","memory_id":"m1",{left},{skis}]}}"#)
        );
        assert_eq!(
            said(DemonstratedOperation::Delete("D1:1".into())),
            format!(r#"{{"operations":[{{"operation":"DELETE","memory_id":"m1"}},{skis}]}}"#)
        );
        let nothing = format!(r#"{{"operations":[{skis}]}}"#);
        assert_eq!(said(DemonstratedOperation::Delete("D9:9".into())), nothing);
        assert_eq!(said(DemonstratedOperation::Skip), nothing);
    }

    #[test]
    fn the_schema_has_the_ids_and_names_that_there_are() {
        let view = SessionView {
            time: "noon",
            turns: &[],
            speakers: &["Anna".into(), " ".into(), "Ben".into()],
        };
        let text = r#"{"type":"string","pattern":"^\\S","maxLength":99}"#;
        let of = |properties: &str, names: &str| {
            format!(
                r#"{{"type":"object","properties":{{{properties}}},"required":[{names}],"additionalProperties":false}}"#
            )
        };
        let insert = of(
            &format!(
                r#""operation":{{"enum":["INSERT"]}},"speaker":{{"enum":["Anna","Ben"]}},"content":{text},"dia_id":{{"enum":["D2:1","D2:2"]}}"#
            ),
            r#""operation","speaker","content","dia_id""#,
        );
        let update = of(
            &format!(
                r#""operation":{{"enum":["UPDATE"]}},"memory_id":{{"enum":["m1"]}},"content":{text},"dia_id":{{"enum":["D2:1","D2:2"]}}"#
            ),
            r#""operation","memory_id","content","dia_id""#,
        );
        let delete = of(
            r#""operation":{"enum":["DELETE"]},"memory_id":{"enum":["m1"]}"#,
            r#""operation","memory_id""#,
        );
        let all = |most: usize, operations: &str| {
            let list = format!(
                r#""operations":{{"type":"array","maxItems":{most},"items":{{"anyOf":[{operations}]}}}}"#
            );
            of(&list, r#""operations""#)
        };
        let bounds = Bounds {
            items: 7,
            chars: 99,
        };
        let expected = all(3, &format!("{insert},{update},{delete}"));
        assert_eq!(schema(&cases(), &view, &bounds), expected);
        let nothing_known = Cases {
            memories: vec![],
            ..cases()
        };
        let bounds = Bounds { items: 1, ..bounds };
        assert_eq!(schema(&nothing_known, &view, &bounds), all(1, &insert));
    }

    #[test]
    fn operations_are_read_whatever_their_case() {
        let said = r#"{"operations": [
            {"operation": "insert", "speaker": "anna", "content": "Anna skis.", "dia_id": "D2:2"},
            {"operation": "Update", "memory_id": "m1", "content": "x", "dia_id": ["D2:1, D5:5"]},
            {"operation": "DELETE", "memory_id": "m7"}]}"#;
        let expected = vec![
            Operation::insert("Anna skis.", "Anna", vec!["D2:2".into()]),
            Operation::update("m1", "x", vec!["D2:1".into()]),
            Operation::Delete("m7".into()),
        ];
        assert_eq!(
            parsed(said),
            Some(Operations {
                operations: expected,
                refused: 1,
                form: REPAIRED,
            })
        );
    }

    #[test]
    fn what_lacks_a_field_is_refused_alone() {
        let said = r#"{"operations": [{"operation": "INSERT", "content": "x"}, {"operation": "NOTE"},
            {"operation": "UPDATE", "memory_id": "m1"}, {"operation": "DELETE", "memory_id": 3}, "x",
            {"operation": "DELETE", "memory_id": "m1"}]}"#;
        assert_eq!(
            parsed(said),
            Some(Operations {
                operations: vec![Operation::Delete("m1".into())],
                refused: 5,
                form: Form::default(),
            })
        );
    }

    #[test]
    fn an_object_without_operations_is_not_read() {
        for said in ["", "{}", r#"{"operations": 1}"#, r#"{"operations": [{}"#] {
            assert_eq!(parsed(said), None, "{said}");
        }
    }
}
