//! The manager, which says what becomes of entries in view of new facts.

use memloom_json::schema::{any_of, list, object, one_of, text_up_to};
use memloom_json::{self as json, Form, text};
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};
use serde::Serialize;
use serde_json::Value;

use crate::options::Options;
use crate::shortened::shortened;

/// The facts of a turn, and the entries that they may change.
pub struct Facts<'a> {
    /// The person who tells the facts.
    pub speaker: &'a str,
    /// The turn that tells the facts.
    pub turn: &'a str,
    /// The texts.
    pub facts: &'a [String],
    /// The entries, each once.
    pub shown: &'a [Entry],
}

/// The parsed part of an output.
#[derive(Debug, PartialEq)]
pub struct Operations {
    /// The operations in the output's order, without vectors.
    pub operations: Vec<Operation>,
    /// The number of items with an unknown event, an id that was not shown, or no text.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Input<'a> {
    old_memory: Vec<Shown<'a>>,
    facts: &'a [String],
}

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Returns the user message about facts.
pub fn prompt(facts: &Facts) -> String {
    let shown = facts.shown.iter().map(|entry| Shown {
        id: &entry.id,
        text: &entry.text,
    });
    json::write(&Input {
        old_memory: shown.collect(),
        facts: facts.facts,
    })
}

/// Returns a demonstrator's output. An update or deletion is of the shown entry that its turn
/// supports; if there is none, an update becomes an addition, and a deletion is left out.
pub fn demonstration(options: &Options, facts: &Facts, hint: &DemonstratedOperation) -> String {
    let texts: Vec<_> = facts
        .facts
        .iter()
        .map(|fact| shortened(options, fact))
        .collect();
    let supported = |turn: &String| {
        let mut shown = facts.shown.iter();
        shown.find(|entry| entry.evidence.contains(turn))
    };
    let (changed, event) = match hint {
        DemonstratedOperation::Update(turn) => (supported(turn), "UPDATE"),
        DemonstratedOperation::Delete(turn) => (supported(turn), "DELETE"),
        DemonstratedOperation::Insert | DemonstratedOperation::Skip => (None, "NONE"),
    };
    let adds = match hint {
        DemonstratedOperation::Insert => true,
        DemonstratedOperation::Update(_) => changed.is_none(),
        DemonstratedOperation::Delete(_) | DemonstratedOperation::Skip => false,
    };
    let kept = facts.shown.iter().filter(|entry| {
        !options.events_only || changed.is_some_and(|changed| changed.id == entry.id)
    });
    let mut said: Vec<Item> = kept
        .map(|entry| {
            let is_changed = changed.is_some_and(|changed| changed.id == entry.id);
            let event = if is_changed { event } else { "NONE" };
            let text = match event {
                "UPDATE" => texts.first().map(|text| &**text),
                "DELETE" if options.events_only => None,
                _ => Some(&*entry.text),
            };
            Item {
                id: Some(&entry.id),
                event,
                text,
            }
        })
        .collect();
    said.extend(texts.iter().filter(|_| adds).map(|text| Item {
        id: None,
        event: "ADD",
        text: Some(text),
    }));
    format!(r#"{{"memory":{}}}"#, json::write(&said))
}

/// Returns the schema of constrained outputs about these facts.
pub fn schema(options: &Options, facts: &Facts) -> String {
    let named = |event| ("event", one_of([event]));
    let id = ("id", one_of(facts.shown.iter().map(|entry| &*entry.id)));
    let text = ("text", text_up_to(options.max_fact_chars));
    let mut items_of = vec![object(&[named("ADD"), text.clone()])];
    if !facts.shown.is_empty() {
        items_of.push(object(&[id.clone(), named("UPDATE"), text.clone()]));
        if options.events_only {
            items_of.push(object(&[id, named("DELETE")]));
        } else {
            items_of.push(object(&[id.clone(), named("DELETE"), text.clone()]));
            items_of.push(object(&[id, named("NONE"), text]));
        }
    }
    object(&[("memory", list(&any_of(&items_of), options.most_items()))])
}

/// Parses an output; none if it has no list of items with events.
pub fn parse(output: &str, facts: &Facts) -> Option<Operations> {
    let is_item = |item: &Value| text(item, "event").is_some();
    let json::Items { items, form } = json::items(output, "memory", is_item)?;
    let mut read = Operations {
        operations: Vec::new(),
        refused: 0,
        form,
    };
    for item in &items {
        match operation(item, facts) {
            Ok(operation) => read.operations.extend(operation),
            Err(Refused) => read.refused += 1,
        }
    }
    Some(read)
}

/// An item that cannot be carried out.
struct Refused;

/// Returns an item's operation; none if it changes nothing. The id of an addition and
/// `old_memory` are not read. An id that was not shown is refused, also if the bank has it.
fn operation(item: &Value, facts: &Facts) -> Result<Option<Operation>, Refused> {
    let id = || {
        let said = text(item, "id").ok_or(Refused)?;
        let mut shown = facts.shown.iter().map(|entry| &entry.id);
        shown.find(|id| *id == said).ok_or(Refused)
    };
    let content = || text(item, "text").ok_or(Refused);
    let evidence = vec![facts.turn.to_owned()];
    Ok(
        match text(item, "event")
            .ok_or(Refused)?
            .to_ascii_uppercase()
            .as_str()
        {
            "ADD" => Some(Operation::insert(content()?, facts.speaker, evidence)),
            "UPDATE" => Some(Operation::update(id()?, content()?, evidence)),
            "DELETE" => Some(Operation::Delete(id()?.clone())),
            "NONE" | "NOOP" => None,
            _ => return Err(Refused),
        },
    )
}

#[cfg(test)]
mod tests;
