//! The extractor, which finds the facts of one turn.

use memloom_json::schema::{list, object, text_up_to};
use memloom_json::{self as json, Form};
use memloom_sdk::types::Turn;
use serde::Serialize;
use serde_json::Value;

use crate::options::Options;
use crate::shortened::shortened;

/// The parsed part of an output.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// The texts of the facts in the output's order.
    pub facts: Vec<String>,
    /// The number of items that are no text.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Input<'a> {
    time: &'a str,
    speaker: &'a str,
    turn: &'a str,
}

/// Returns the user message about a turn.
pub fn prompt(time: &str, turn: &Turn) -> String {
    json::write(&Input {
        time,
        speaker: &turn.speaker,
        turn: &turn.text,
    })
}

/// Returns a demonstrator's output: the turn itself if it is kept, with the name of who says it.
pub fn demonstration(options: &Options, turn: &Turn, kept: bool) -> String {
    let said = format!("{}: {}", turn.speaker, turn.text);
    let facts = kept.then(|| shortened(options, &said));
    format!(r#"{{"facts":{}}}"#, json::write(&Vec::from_iter(facts)))
}

/// Returns the schema of constrained outputs.
pub fn schema(options: &Options) -> String {
    let fact = text_up_to(options.max_fact_chars);
    object(&[("facts", list(&fact, options.max_facts))])
}

/// Parses an output; none if it has no list of facts.
pub fn parse(output: &str) -> Option<Facts> {
    let json::Items { items, form } = json::items(output, "facts", Value::is_string)?;
    let texts = items.iter().filter_map(|item| item.as_str().map(str::trim));
    let facts: Vec<String> = texts
        .filter(|text| !text.is_empty())
        .map(String::from)
        .collect();
    Some(Facts {
        refused: (items.len() - facts.len()) as u32,
        facts,
        form,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn() -> Turn {
        Turn {
            id: "D1:1".into(),
            speaker: "Anna".into(),
            text: "I ski \"a lot\".".into(),
        }
    }

    #[test]
    fn a_demonstration_reads_back_as_the_turn_or_as_nothing() {
        let options = Options::default();
        let kept = parse(&demonstration(&options, &turn(), true)).expect("facts");
        assert_eq!(kept.facts, ["Anna: I ski \"a lot\"."]);
        assert!(!kept.form.repaired);
        assert_eq!(demonstration(&options, &turn(), false), r#"{"facts":[]}"#);
    }

    #[test]
    fn what_is_no_text_is_refused_alone() {
        let read = parse(r#"{"facts": ["Anna skis.", 3, " ", {"fact": "x"}]}"#).expect("facts");
        assert_eq!((read.facts, read.refused), (vec!["Anna skis.".into()], 3));
        assert_eq!(parse("Anna skis."), None);
        assert_eq!(
            parse(r#"{"facts": "Anna skis."}"#).map(|f| f.form.repaired),
            Some(true)
        );
    }
}
