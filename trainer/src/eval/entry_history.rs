//! The history of a bank: every change of every entry, with the output that made it.

use std::collections::BTreeMap;

use memloom_runtime::Event;
use memloom_runtime::types::{Entry, Operation};
use serde::{Deserialize, Serialize};

/// An output of one of the policy's roles while it observed a session.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Number of the session, from 1.
    pub session: u32,
    /// Number of outputs, of all roles, before this one in the session.
    pub step: u32,
    /// Role.
    pub role: String,
    /// Text.
    pub text: String,
}

/// A change of an entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Number of the session, from 1.
    pub session: u32,
    /// Index of the output before the change; `None` for a change without an output, by the
    /// bank itself or by the policy without the model.
    pub output: Option<usize>,
    /// Text before the change; `None` if the entry is new.
    pub before: Option<String>,
    /// Text after the change; `None` if the entry was deleted.
    pub after: Option<String>,
}

/// The history of an entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct EntryHistory {
    /// The bank's id of the entry.
    pub id: String,
    /// Speaker whom the entry is about.
    pub speaker: String,
    /// Changes in order; the first one wrote the entry.
    pub changes: Vec<Change>,
}

/// The history of a bank, session by session.
#[derive(Debug, Default)]
pub struct History {
    /// Outputs of the policy's roles, in order.
    pub outputs: Vec<Output>,
    /// Entries in the order of their first change.
    pub entries: Vec<EntryHistory>,
    /// Current texts of the bank by entry id.
    current: BTreeMap<String, String>,
}

impl History {
    /// Adds a session by its events and the bank's entries after it.
    pub fn session(&mut self, session: u32, events: &[Event], entries: &[Entry]) {
        let mut output = None;
        for event in events {
            match event {
                Event::Generate {
                    call,
                    result: Ok(completion),
                } => {
                    output = Some(self.outputs.len());
                    self.outputs.push(Output {
                        session,
                        step: call.step,
                        role: call.request.role.clone(),
                        text: completion.text.clone(),
                    });
                }
                Event::Apply {
                    operations,
                    results,
                    ..
                } => {
                    for (operation, result) in operations.iter().zip(results) {
                        let Ok(id) = result else { continue };
                        match operation {
                            Operation::Insert(new) => {
                                self.entry(id, &new.speaker);
                                self.change(session, output, id, Some(&new.text));
                            }
                            Operation::Update(new) => {
                                self.change(session, output, &new.id, Some(&new.text));
                            }
                            Operation::Delete(id) => self.change(session, output, id, None),
                            // Only the bank knows its effect: the entries below show it.
                            Operation::Custom(_) => {}
                        }
                    }
                }
                _ => {}
            }
        }
        for entry in entries {
            self.entry(&entry.id, &entry.speaker);
            self.change(session, None, &entry.id, Some(&entry.text));
        }
        let gone: Vec<String> = self
            .current
            .keys()
            .filter(|id| entries.iter().all(|entry| entry.id != **id))
            .cloned()
            .collect();
        for id in &gone {
            self.change(session, None, id, None);
        }
    }

    /// Starts the history of an entry that has none.
    fn entry(&mut self, id: &str, speaker: &str) {
        if self.entries.iter().all(|entry| entry.id != id) {
            self.entries.push(EntryHistory {
                id: id.to_owned(),
                speaker: speaker.to_owned(),
                changes: Vec::new(),
            });
        }
    }

    /// Records a change, if the text differs.
    fn change(&mut self, session: u32, output: Option<usize>, id: &str, after: Option<&str>) {
        let before = match after {
            Some(text) => self.current.insert(id.to_owned(), text.to_owned()),
            None => self.current.remove(id),
        };
        if before.as_deref() == after {
            return;
        }
        let change = Change {
            session,
            output,
            before,
            after: after.map(str::to_owned),
        };
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        if let Some(entry) = entry {
            entry.changes.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use memloom_runtime::types::{Error as Refusal, Moment, Request};
    use memloom_runtime::{Completion, GenerateCall};

    use super::*;

    fn says(text: &str) -> Event {
        Event::Generate {
            call: GenerateCall {
                request: Request::new("manager", Vec::new(), 1),
                session: 1,
                step: 0,
                question: None,
            },
            result: Ok(Completion::of_text(text)),
        }
    }

    fn apply(operation: Operation, result: Result<&str, Refusal>) -> Event {
        Event::Apply {
            at: Moment {
                session: 1,
                time: "May".into(),
            },
            operations: vec![operation],
            results: vec![result.map(str::to_owned)],
        }
    }

    fn insert(text: &str) -> Operation {
        Operation::insert(text, "Anna", Vec::new())
    }

    fn update(id: &str, text: &str) -> Operation {
        Operation::update(id, text, Vec::new())
    }

    fn entry(id: &str, text: &str) -> Entry {
        Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: "May".into(),
            first_session: 1,
            last_session: 1,
            evidence: Vec::new(),
            fields: Vec::new(),
        }
    }

    fn change(session: u32, output: Option<usize>, before: &str, after: &str) -> Change {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Change {
            session,
            output,
            before: text(before),
            after: text(after),
        }
    }

    #[test]
    fn an_entry_is_written_changed_and_deleted_by_outputs() {
        let mut history = History::default();
        let first = [
            says("insert"),
            apply(insert("lives in Oslo"), Ok("1")),
            says("insert"),
            apply(insert("likes tea"), Ok("2")),
        ];
        let bank = [entry("1", "lives in Oslo"), entry("2", "likes tea")];
        history.session(1, &first, &bank);
        let second = [
            says("update delete"),
            apply(update("1", "lives in Rome"), Ok("1")),
            apply(Operation::Delete("2".into()), Ok("2")),
        ];
        history.session(2, &second, &[entry("1", "lives in Rome")]);
        assert_eq!(history.outputs.len(), 3);
        assert_eq!(history.outputs[2].session, 2);
        assert_eq!(
            history.entries[0].changes,
            [
                change(1, Some(0), "", "lives in Oslo"),
                change(2, Some(2), "lives in Oslo", "lives in Rome"),
            ]
        );
        assert_eq!(
            history.entries[1].changes,
            [
                change(1, Some(1), "", "likes tea"),
                change(2, Some(2), "likes tea", ""),
            ]
        );
    }

    #[test]
    fn a_refused_operation_is_no_change_and_a_change_by_the_bank_has_no_output() {
        let mut history = History::default();
        let refused = Err(Refusal::Unknown("9".into()));
        let events = [
            says("insert update"),
            apply(insert("likes tea "), Ok("1")),
            apply(update("9", "x"), refused),
        ];
        history.session(1, &events, &[entry("1", "likes tea")]);
        history.session(2, &[], &[]);
        assert_eq!(history.entries.len(), 1);
        assert_eq!(
            history.entries[0].changes,
            [
                change(1, Some(0), "", "likes tea "),
                change(1, None, "likes tea ", "likes tea"),
                change(2, None, "likes tea", ""),
            ]
        );
    }
}
