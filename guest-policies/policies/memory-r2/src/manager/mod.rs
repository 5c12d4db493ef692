//! The manager, which decides on operations for facts and related entries.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memloom_json::schema::{any_of, list, object, one_of, text_up_to};
use memloom_json::{self as json, Form, text, text_of};
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};
use serde::Serialize;
use serde_json::Value;

use crate::bounds::Bounds;
use crate::extractor::Fact;
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
mod tests;
