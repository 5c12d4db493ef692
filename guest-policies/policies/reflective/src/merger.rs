//! The merger in JSON, which says what becomes of a new topic.

use memloom_json::schema::{any_of, list, object, one_of, text_up_to};
use memloom_json::{self as json, Form, text};
use memloom_sdk::types::{CustomOperation, Entry, Insertion, Operation};
use serde::Serialize;
use serde_json::Value;

use crate::options::Options;
use crate::topic::{Topic, shortened};

/// The name of the bank's operation.
pub const MERGE: &str = "merge";

/// The most actions of a constrained output.
const MOST_ACTIONS: usize = 2;

/// The change that a new topic makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It becomes an entry.
    Add,
    /// It goes into the entry with this id, whose summary becomes the text.
    Merge {
        /// The id.
        id: String,
        /// The summary of both.
        text: String,
    },
}

impl Change {
    /// Returns the operation, with the embedding of the summary.
    pub fn operation(&self, topic: &Topic, vector: Option<Vec<f32>>) -> Operation {
        let (speaker, evidence) = (&*topic.speaker, topic.turns.clone());
        match self {
            Self::Add => Operation::Insert(Insertion {
                vector,
                ..Insertion::new(&*topic.summary, speaker, evidence)
            }),
            Self::Merge { id, text } => Operation::Custom(CustomOperation {
                name: MERGE.into(),
                arguments: json::write(&Merged {
                    id,
                    text,
                    evidence: &evidence,
                }),
                vector,
            }),
        }
    }
}

/// The parsed part of an output.
#[derive(Debug, PartialEq)]
pub struct Actions {
    /// The changes in the output's order.
    pub changes: Vec<Change>,
    /// The number of actions with an unknown event, an id that was not shown, or no summary.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Input<'a> {
    old_topics: Vec<Shown<'a>>,
    new_topic: &'a str,
}

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    summary: &'a str,
}

#[derive(Serialize)]
struct Merged<'a> {
    id: &'a str,
    text: &'a str,
    evidence: &'a [String],
}

/// Returns the user message about a new topic and the nearest ones.
pub fn prompt(topic: &Topic, shown: &[Entry]) -> String {
    let shown = shown.iter().map(|entry| Shown {
        id: &entry.id,
        summary: &entry.text,
    });
    json::write(&Input {
        old_topics: shown.collect(),
        new_topic: &topic.summary,
    })
}

/// Returns a demonstrator's output: a merge into the entry that the changed turn supports, by the new
/// summary alone; an addition if there is none.
pub fn demonstration(
    options: &Options,
    topic: &Topic,
    shown: &[Entry],
    changed: Option<&str>,
) -> String {
    let entry = supported(shown, changed);
    let action = entry.map_or_else(
        || r#"{"event":"ADD"}"#.into(),
        |place| {
            let summary = match options.constrained {
                true => shortened(&topic.summary, options.max_chars),
                false => topic.summary.clone(),
            };
            let id = Value::from(&*shown[place].id);
            format!(
                r#"{{"event":"MERGE","id":{id},"summary":{}}}"#,
                Value::from(summary)
            )
        },
    );
    format!(r#"{{"actions":[{action}]}}"#)
}

/// Returns the place of the entry that a turn supports.
pub fn supported(shown: &[Entry], turn: Option<&str>) -> Option<usize> {
    let turn = turn?;
    let is_turn = |other: &String| other == turn;
    shown
        .iter()
        .position(|entry| entry.evidence.iter().any(is_turn))
}

/// Returns the schema of constrained outputs.
pub fn schema(options: &Options, shown: &[Entry]) -> String {
    let actions = [
        object(&[("event", one_of(["ADD"]))]),
        object(&[
            ("event", one_of(["MERGE"])),
            ("id", one_of(shown.iter().map(|entry| &*entry.id))),
            ("summary", text_up_to(options.max_chars)),
        ]),
    ];
    object(&[("actions", list(&any_of(&actions), MOST_ACTIONS))])
}

/// Parses an output; none if it has no list of actions.
pub fn parse(output: &str, shown: &[Entry]) -> Option<Actions> {
    let is_item = |item: &Value| text(item, "event").is_some();
    let json::Items { items, form } = json::items(output, "actions", is_item)?;
    let changes = items.iter().filter_map(|item| change(item, shown));
    let changes: Vec<Change> = changes.collect();
    Some(Actions {
        refused: (items.len() - changes.len()) as u32,
        changes,
        form,
    })
}

/// Returns an action's change; none if it cannot be carried out.
fn change(item: &Value, shown: &[Entry]) -> Option<Change> {
    match &*text(item, "event")?.to_ascii_uppercase() {
        "ADD" => Some(Change::Add),
        "MERGE" => {
            let said = text(item, "id")?;
            let entry = shown.iter().find(|entry| entry.id == said)?;
            Some(Change::Merge {
                id: entry.id.clone(),
                text: text(item, "summary")?.into(),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic {
            summary: "Anna lives in Oslo.".into(),
            speaker: "Anna".into(),
            turns: vec!["D2:1".into()],
        }
    }

    fn shown() -> [Entry; 1] {
        [Entry {
            id: "p3".into(),
            text: "Anna lives in Rome.".into(),
            speaker: "Anna".into(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec!["D1:1".into()],
            fields: vec![],
        }]
    }

    fn merge(text: &str) -> Change {
        Change::Merge {
            id: "p3".into(),
            text: text.into(),
        }
    }

    #[test]
    fn actions_become_changes_and_those_that_cannot_be_carried_out_are_counted() {
        let output = r#"{"actions": [{"event": "add"},
            {"event": "MERGE", "id": "p3", "summary": "Anna moved."},
            {"event": "MERGE", "id": "p9", "summary": "x"}, {"event": "MERGE", "id": "p3"},
            {"event": "DROP"}]}"#;
        let read = parse(output, &shown()).expect("actions");
        let changes = [Change::Add, merge("Anna moved.")];
        assert_eq!((&*read.changes, read.refused), (&changes[..], 3));
        assert_eq!(parse("I would add it.", &shown()), None);
        let bare = parse(r#"{"event": "ADD"}"#, &shown());
        assert!(bare.is_some_and(|read| read.form.repaired));
    }

    #[test]
    fn changes_become_operations_with_vectors() {
        let change = merge("Anna moved \"up\".");
        let arguments = r#"{"id":"p3","text":"Anna moved \"up\".","evidence":["D2:1"]}"#;
        assert_eq!(
            change.operation(&topic(), None),
            Operation::custom(MERGE, arguments)
        );
        let Operation::Insert(insertion) = Change::Add.operation(&topic(), Some(vec![1.0])) else {
            panic!("no insertion");
        };
        assert_eq!(
            (&*insertion.speaker, insertion.vector),
            ("Anna", Some(vec![1.0]))
        );
    }

    #[test]
    fn demonstrations_merge_into_what_the_changed_turn_supports() {
        let options = Options::default();
        for (changed, change) in [
            (Some("D1:1"), merge("Anna lives in Oslo.")),
            (Some("D9:9"), Change::Add),
            (None, Change::Add),
        ] {
            let said = demonstration(&options, &topic(), &shown(), changed);
            let read = parse(&said, &shown()).expect("actions");
            assert_eq!(read.changes, [change]);
            assert_eq!((read.refused, read.form.repaired), (0, false));
        }
    }

    #[test]
    fn the_prompt_shows_ids_and_summaries_and_the_schema_the_ids() {
        assert_eq!(
            prompt(&topic(), &shown()),
            concat!(
                r#"{"old_topics":[{"id":"p3","summary":"Anna lives in Rome."}],"#,
                r#""new_topic":"Anna lives in Oslo."}"#
            )
        );
        assert!(schema(&Options::default(), &shown()).contains(r#"{"enum":["p3"]}"#));
    }
}
