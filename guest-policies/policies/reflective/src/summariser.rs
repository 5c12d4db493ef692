//! The summariser in JSON, which finds the topics of a chunk.

use std::fmt::Write;

use memloom_json::schema::{list, object, one_of, text_up_to};
use memloom_json::{self as json, Form, text};
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::types::Turn;
use serde::Serialize;
use serde_json::Value;

use crate::options::{MOST_TURNS, Options};
use crate::topic::{Topic, content, is_kept, shortened};

/// The parsed part of an output.
#[derive(Debug, PartialEq)]
pub struct Topics {
    /// The topics in the output's order.
    pub topics: Vec<Topic>,
    /// The number of turns that the chunk does not have, and of topics without a summary or a turn.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Item<'a> {
    summary: String,
    turns: [&'a str; 1],
}

/// Returns the user message about a chunk.
pub fn prompt(time: &str, turns: &[Turn]) -> String {
    let mut text = format!("Time: {time}\n");
    for turn in turns {
        let _ = writeln!(text, "[{}] {}", turn.id, content(turn));
    }
    text
}

/// Returns a demonstrator's output: each turn that it keeps is a topic.
pub fn demonstration(options: &Options, turns: &[Turn], hinted: &HintedOperations) -> String {
    let kept = turns.iter().filter(|turn| is_kept(hinted.get(&turn.id)));
    let kept = kept.filter(|turn| !turn.text.trim().is_empty());
    let mut topics: Vec<Item> = kept
        .map(|turn| Item {
            summary: match options.constrained {
                true => shortened(&content(turn), options.max_chars),
                false => content(turn),
            },
            turns: [&turn.id],
        })
        .collect();
    if options.constrained {
        topics.truncate(options.max_topics);
    }
    format!(r#"{{"topics":{}}}"#, json::write(&topics))
}

/// Returns the schema of constrained outputs about a chunk.
pub fn schema(options: &Options, turns: &[Turn]) -> String {
    let ids = one_of(turns.iter().map(|turn| &*turn.id));
    let topic = object(&[
        ("summary", text_up_to(options.max_chars)),
        ("turns", list(&ids, MOST_TURNS)),
    ]);
    object(&[("topics", list(&topic, options.max_topics))])
}

/// Parses an output; none if it has no list of topics. Turns that the chunk does not have are dropped.
pub fn parse(output: &str, turns: &[Turn]) -> Option<Topics> {
    let is_item = |item: &Value| text(item, "summary").is_some();
    let json::Items { items, form } = json::items(output, "topics", is_item)?;
    let mut read = Topics {
        topics: Vec::new(),
        refused: 0,
        form,
    };
    for item in &items {
        let named = item.get("turns").and_then(Value::as_array);
        let named: Vec<&Value> = named.into_iter().flatten().collect();
        let mut known: Vec<&Turn> = Vec::new();
        for id in &named {
            match turns.iter().find(|turn| id.as_str() == Some(&*turn.id)) {
                Some(turn) => known.push(turn),
                None => read.refused += 1,
            }
        }
        match (text(item, "summary"), known.first()) {
            (Some(summary), Some(first)) => read.topics.push(Topic {
                summary: summary.into(),
                speaker: first.speaker.clone(),
                turns: known.iter().map(|turn| turn.id.clone()).collect(),
            }),
            _ => read.refused += 1,
        }
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::DemonstratedOperation::{Delete, Insert, Skip};

    fn turns() -> Vec<Turn> {
        let turn = |id: &str, speaker: &str, text: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: text.into(),
        };
        vec![
            turn("D1:1", "Anna", "I ski \"a lot\"."),
            turn("D1:2", "Ben", "I swim."),
        ]
    }

    fn topic(summary: &str, speaker: &str, turns: &[&str]) -> Topic {
        Topic {
            summary: summary.into(),
            speaker: speaker.into(),
            turns: turns.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn turns_outside_the_session_are_dropped_and_counted() {
        let output = r#"{"topics": [
            {"summary": "They do sports.", "turns": ["D1:2", "D9:9", "D1:1", 3]},
            {"summary": "Cleo dances.", "turns": ["D9:8"]},
            {"summary": "Dan rows."}, {"turns": ["D1:1"]}]}"#;
        let read = parse(output, &turns()).expect("topics");
        let kept = topic("They do sports.", "Ben", &["D1:2", "D1:1"]);
        assert_eq!((read.topics, read.refused), (vec![kept], 6));
    }

    #[test]
    fn other_forms_are_repaired_and_other_texts_are_not_read() {
        let one = r#"Here: {"summary": "Ben swims.", "turns": ["D1:2"]}"#;
        let read = parse(one, &turns()).expect("topics");
        assert!(read.form.repaired);
        assert_eq!(read.topics, [topic("Ben swims.", "Ben", &["D1:2"])]);
        assert_eq!(parse("Ben swims.", &turns()), None);
    }

    #[test]
    fn demonstrations_keep_what_is_hinted_and_read_back() {
        let hinted = [
            ("D1:1", Delete("D0:1".into())),
            ("D1:2", Skip),
            ("D1:3", Insert),
        ];
        let hinted = hinted.map(|(turn, hint)| (turn.to_owned(), hint)).into();
        let chars = Options {
            constrained: true,
            max_chars: 11,
            ..Options::default()
        };
        for (options, summary) in [
            (Options::default(), "Anna: I ski \"a lot\"."),
            (chars, "Anna: I ski"),
        ] {
            let said = demonstration(&options, &turns(), &hinted);
            let read = parse(&said, &turns()).expect("topics");
            assert_eq!(read.topics, [topic(summary, "Anna", &["D1:1"])]);
            assert_eq!((read.refused, read.form.repaired), (0, false));
        }
    }

    #[test]
    fn the_prompt_and_the_schema_name_the_turns() {
        assert_eq!(
            prompt("noon", &turns()),
            "Time: noon\n[D1:1] Anna: I ski \"a lot\".\n[D1:2] Ben: I swim.\n"
        );
        let schema = schema(&Options::default(), &turns());
        assert!(schema.contains(r#"{"enum":["D1:1","D1:2"]}"#), "{schema}");
    }
}
