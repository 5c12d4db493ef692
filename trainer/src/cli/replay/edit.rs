//! `--edit`: one recorded operation, and its replacement.

use std::str::FromStr;

use anyhow::{Context, Result};
use memloom_runtime::types::{Insertion, Operation, Revision};
use memloom_runtime::{Edit, Event};
use serde::Deserialize;

/// An edit as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct EditArgument {
    event: usize,
    operation: usize,
    change: Option<Change>,
}

/// The replacement. Fields that are left out stay as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Change {
    Insert {
        text: Option<String>,
        speaker: Option<String>,
        evidence: Option<Vec<String>>,
    },
    Update {
        id: Option<String>,
        text: Option<String>,
        evidence: Option<Vec<String>>,
    },
    Delete(String),
    Custom {
        name: String,
        arguments: serde_json::Value,
    },
}

impl FromStr for EditArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, change) = text
            .split_once('=')
            .ok_or("expected EVENT.OPERATION=CHANGE, as in 12.1=drop")?;
        let number = |text: &str| {
            text.parse()
                .map_err(|_| format!("{text:?} is not the number of an event or operation"))
        };
        let (event, operation) = match place.split_once('.') {
            Some((event, operation)) => (number(event)?, number(operation)?),
            None => (number(place)?, 1),
        };
        let change = match change {
            "drop" => None,
            json => Some(serde_json::from_str(json).map_err(|error| {
                format!(
                    "the change must be drop, or JSON of one of insert, update, delete, custom: {error}"
                )
            })?),
        };
        Ok(Self {
            event,
            operation,
            change,
        })
    }
}

/// The fields that a recorded operation has.
#[derive(Default)]
struct Recorded {
    id: Option<String>,
    text: Option<String>,
    speaker: Option<String>,
    evidence: Option<Vec<String>>,
    vector: Option<Vec<f32>>,
    fields: Vec<(String, String)>,
}

impl Recorded {
    fn of(operation: &Operation) -> Self {
        match operation.clone() {
            Operation::Insert(new) => Self {
                id: None,
                text: Some(new.text),
                speaker: Some(new.speaker),
                evidence: Some(new.evidence),
                vector: new.vector,
                fields: new.fields,
            },
            Operation::Update(new) => Self {
                id: Some(new.id),
                text: Some(new.text),
                speaker: None,
                evidence: Some(new.evidence),
                vector: new.vector,
                fields: new.fields,
            },
            Operation::Delete(id) => Self {
                id: Some(id),
                ..Self::default()
            },
            Operation::Custom(_) => Self::default(),
        }
    }
}

impl EditArgument {
    /// Returns the edit of these events.
    ///
    /// # Errors
    /// The recorded operation lacks a field that the change leaves out.
    pub fn on(&self, events: &[Event]) -> Result<Edit> {
        let edit = |instead| Edit {
            event: self.event,
            operation: self.operation,
            instead,
        };
        let recorded = match events.get(self.event.wrapping_sub(1)) {
            Some(Event::Apply { operations, .. }) => operations.get(self.operation.wrapping_sub(1)),
            _ => None,
        };
        // The runtime reports numbers that do not exist.
        let (Some(recorded), Some(change)) = (recorded, &self.change) else {
            return Ok(edit(None));
        };
        let instead = change
            .over(Recorded::of(recorded))
            .with_context(|| format!("cannot edit {}.{}", self.event, self.operation))?;
        Ok(edit(Some(instead)))
    }
}

impl Change {
    fn over(&self, recorded: Recorded) -> Result<Operation> {
        let needs = |what| format!("the recorded operation has no {what}: give one");
        // A vector stands for its text.
        let vector = |text: &str| {
            let same = recorded.text.as_deref() == Some(text);
            recorded.vector.clone().filter(|_| same)
        };
        Ok(match self.clone() {
            Self::Insert {
                text,
                speaker,
                evidence,
            } => {
                let text = text
                    .or(recorded.text.clone())
                    .with_context(|| needs("text"))?;
                Operation::Insert(Insertion {
                    vector: vector(&text),
                    text,
                    speaker: speaker
                        .or(recorded.speaker)
                        .with_context(|| needs("speaker"))?,
                    evidence: evidence.or(recorded.evidence).unwrap_or_default(),
                    fields: recorded.fields,
                })
            }
            Self::Update { id, text, evidence } => {
                let text = text
                    .or(recorded.text.clone())
                    .with_context(|| needs("text"))?;
                Operation::Update(Revision {
                    vector: vector(&text),
                    text,
                    id: id.or(recorded.id).with_context(|| needs("id"))?,
                    evidence: evidence.or(recorded.evidence).unwrap_or_default(),
                    fields: recorded.fields,
                })
            }
            Self::Delete(id) => Operation::Delete(id),
            Self::Custom { name, arguments } => Operation::custom(name, arguments.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use memloom_runtime::types::Moment;

    use super::*;

    fn events() -> Vec<Event> {
        let insert = Operation::Insert(Insertion {
            vector: Some(vec![0.5]),
            ..Insertion::new("Ann lives in Rome", "Ann", vec!["D1:1".into()])
        });
        vec![Event::Apply {
            at: Moment {
                session: 1,
                time: "May".into(),
            },
            operations: vec![insert, Operation::Delete("m7".into())],
            results: vec![Ok("m1".into()), Ok("m7".into())],
        }]
    }

    fn instead(text: &str) -> Result<Option<Operation>> {
        let wish: EditArgument = text.parse().map_err(anyhow::Error::msg)?;
        Ok(wish.on(&events())?.instead)
    }

    #[test]
    fn what_an_edit_leaves_out_stays_as_recorded() {
        assert_eq!(instead("1=drop").unwrap(), None);
        let Some(Operation::Insert(new)) =
            instead(r#"1.1={"insert":{"text":"Ann lives in Oslo"}}"#).unwrap()
        else {
            panic!("another operation");
        };
        assert_eq!((&*new.text, &*new.speaker), ("Ann lives in Oslo", "Ann"));
        assert_eq!((new.evidence, new.vector), (vec!["D1:1".to_owned()], None));
        let Some(Operation::Update(new)) = instead(r#"1.1={"update":{"id":"m3"}}"#).unwrap() else {
            panic!("another operation");
        };
        assert_eq!((&*new.id, &*new.text), ("m3", "Ann lives in Rome"));
        assert_eq!(new.vector, Some(vec![0.5]));
        assert_eq!(
            instead(r#"1.2={"delete":"m3"}"#).unwrap(),
            Some(Operation::Delete("m3".into()))
        );
        assert_eq!(
            instead(r#"1.2={"custom":{"name":"merge","arguments":{"a":1}}}"#).unwrap(),
            Some(Operation::custom("merge", r#"{"a":1}"#))
        );
    }

    #[test]
    fn a_bad_edit_says_what_is_wrong() {
        for (text, message) in [
            ("12", "expected EVENT.OPERATION=CHANGE, as in 12.1=drop"),
            (
                "x.1=drop",
                "\"x\" is not the number of an event or operation",
            ),
            (
                "1.2={\"update\":{}}",
                "the recorded operation has no text: give one",
            ),
            (
                "1={\"insert\":{\"txt\":\"\"}}",
                "the change must be drop, or JSON of one of",
            ),
        ] {
            let error = format!("{:#}", instead(text).unwrap_err());
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
