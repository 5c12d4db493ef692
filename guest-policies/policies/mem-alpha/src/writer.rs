//! The writer: its prompt, the turns that a text comes from, and demonstrations.

use std::collections::BTreeSet;
use std::fmt::Write;

use memloom_json as json;
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::text::{first_words, words};
use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde_json::{Value, json};

use crate::options::{Calls, Options};
use crate::tools::{DELETE, INSERT, UPDATE};
use crate::view::{LISTS, View, kind_of};

/// Returns the user message about a chunk.
pub fn prompt(view: &View, time: &str, turns: &[Turn]) -> String {
    let mut text = format!("{}\nNew text, at {time}:\n", view.text());
    for turn in turns {
        let _ = match &*turn.speaker {
            "" => writeln!(text, "{}", turn.text),
            speaker => writeln!(text, "{speaker}: {}", turn.text),
        };
    }
    text
}

/// Returns the speaker and the ids of the turns that a text comes from: those of the turn that shares
/// the most words with it, the first of equal ones; all turns, without a speaker, if none shares a
/// word.
pub fn source(text: &str, turns: &[Turn]) -> (String, Vec<String>) {
    let of = |text: &str| -> BTreeSet<String> {
        words(&text.to_lowercase()).map(String::from).collect()
    };
    let said = of(text);
    let shared = |turn: &Turn| of(&turn.text).intersection(&said).count();
    let best = turns.iter().rev().max_by_key(|turn| shared(turn));
    match best.filter(|turn| shared(turn) > 0) {
        Some(turn) => (turn.speaker.clone(), vec![turn.id.clone()]),
        None => (
            String::new(),
            turns.iter().map(|turn| turn.id.clone()).collect(),
        ),
    }
}

/// Returns a turn as a text of an entry, in one line.
pub fn content(turn: &Turn) -> String {
    match &*turn.speaker {
        "" => first_words(&turn.text, usize::MAX),
        speaker => first_words(&format!("{speaker}: {}", turn.text), usize::MAX),
    }
}

/// Returns a demonstrator's output: an insertion of each turn that it keeps as a fact, and changes of
/// the shown entries that its turns support; none in the form of a chat template's calls, which are
/// no text. An update of an entry that is not shown becomes an insertion, a deletion is left out.
pub fn demonstration(
    options: &Options,
    view: &View,
    turns: &[Turn],
    hinted: &HintedOperations,
) -> Option<String> {
    if options.calls == Calls::Tools {
        return None;
    }
    let mut calls: Vec<Value> = Vec::new();
    for turn in turns {
        let Some(hint) = hinted.get(&turn.id) else {
            continue;
        };
        let content = match options.constrained {
            true => content(turn).chars().take(options.max_chars).collect(),
            false => content(turn),
        };
        let content = content.trim_end();
        let insert = call(INSERT, &[("memory_type", LISTS[0].0), ("content", content)]);
        let changed = |turn: &String| {
            let entry = view.supported_by(turn)?;
            let (name, _) = LISTS.iter().find(|(_, kind)| *kind == kind_of(entry))?;
            Some((*name, &*entry.id))
        };
        calls.extend(match hint {
            DemonstratedOperation::Insert => Some(insert),
            DemonstratedOperation::Skip => None,
            DemonstratedOperation::Update(turn) => Some(match changed(turn) {
                Some((kind, id)) => call(
                    UPDATE,
                    &[
                        ("memory_type", kind),
                        ("new_content", content),
                        ("memory_id", id),
                    ],
                ),
                None => insert,
            }),
            DemonstratedOperation::Delete(turn) => changed(turn)
                .map(|(kind, id)| call(DELETE, &[("memory_type", kind), ("memory_id", id)])),
        });
    }
    if options.constrained {
        calls.truncate(options.max_calls);
    }
    Some(format!(r#"{{"calls":{}}}"#, json::write(&calls)))
}

/// Returns a call as JSON, with its arguments in this order.
fn call(name: &str, arguments: &[(&str, &str)]) -> Value {
    let arguments = arguments
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()));
    let arguments: serde_json::Map<String, Value> = arguments.collect();
    json!({"name": name, "arguments": arguments})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> Vec<Turn> {
        let turn = |id: &str, speaker: &str, text: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: text.into(),
        };
        vec![
            turn("D1:1", "Anna", "I ski in Davos."),
            turn("D1:2", "Ben", "I swim in Davos every summer."),
        ]
    }

    #[test]
    fn a_text_comes_from_the_turn_with_the_most_of_its_words() {
        let of = |text: &str| source(text, &turns());
        assert_eq!(
            of("Ben swims in Davos in summer"),
            ("Ben".into(), vec!["D1:2".into()])
        );
        assert_eq!(
            of("Somebody is in Davos"),
            ("Anna".into(), vec!["D1:1".into()])
        );
        assert_eq!(of("???").1, ["D1:1", "D1:2"]);
    }

    #[test]
    fn the_prompt_shows_the_memory_and_the_text() {
        let text = prompt(&View::of(&[], 20), "noon", &turns());
        assert!(text.starts_with("Core memory:\n(empty)\n"));
        assert!(text.ends_with(
            "\nNew text, at noon:\nAnna: I ski in Davos.\nBen: I swim in Davos every summer.\n"
        ));
    }
}
