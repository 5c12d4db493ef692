//! A memory as a person has seen it, and its changes as they happen.

use std::collections::BTreeMap;

use anyhow::Result;
use memloom_runtime::Event;
use memloom_runtime::types::{Entry, Error as Refusal, Operation};

use super::screen::{Look, Screen};

/// The entries of a bank as they were last shown: texts by id.
#[derive(Clone)]
pub(super) struct MemoryView {
    screen: Screen,
    entries: BTreeMap<String, String>,
    /// Outputs of the model in the present session, with their roles.
    outputs: Vec<(String, String)>,
    /// Changes and refusals that the present session has shown.
    shown: usize,
    /// The first failure to print.
    failure: Option<String>,
}

/// The outcome of a session beside the changes that were shown.
pub(super) struct Settled {
    /// Changes and refusals that were shown.
    pub(super) shown: usize,
    /// Outputs of the model, with their roles.
    pub(super) outputs: Vec<(String, String)>,
}

impl MemoryView {
    /// Returns the view of entries.
    pub(super) fn new(screen: Screen, entries: &[Entry]) -> Self {
        Self {
            screen,
            entries: texts(entries),
            outputs: Vec::new(),
            shown: 0,
            failure: None,
        }
    }

    /// Shows operations on the bank, and keeps outputs of the model.
    pub(super) fn tell(&mut self, event: &Event) {
        match event {
            Event::Apply {
                operations,
                results,
                ..
            } => {
                for (operation, result) in operations.iter().zip(results) {
                    if let Err(error) = self.operation(operation, result) {
                        self.failure.get_or_insert(format!("{error:#}"));
                    }
                }
            }
            Event::Generate {
                call,
                result: Ok(output),
            } => {
                let role = call.request.role.clone();
                self.outputs.push((role, output.text.clone()));
            }
            _ => (),
        }
    }

    fn operation(&mut self, operation: &Operation, result: &Result<String, Refusal>) -> Result<()> {
        let id = match result {
            Ok(id) => id.clone(),
            Err(why) => {
                self.shown += 1;
                let name = match operation {
                    Operation::Insert(_) => "insert",
                    Operation::Update(_) => "update",
                    Operation::Delete(_) => "delete",
                    Operation::Custom(own) => &own.name,
                };
                let (Refusal::Unknown(why) | Refusal::Invalid(why) | Refusal::Unsupported(why)) =
                    why;
                return self.screen.say(
                    Look::Wrong,
                    "! ",
                    &format!("the bank refused an operation ({name}): {why}"),
                );
            }
        };
        match operation {
            Operation::Insert(new) => self.change(&id, Some(&new.text)),
            Operation::Update(new) => self.change(&new.id, Some(&new.text)),
            Operation::Delete(id) => self.change(id, None),
            // Its consequences are shown when the session has ended.
            Operation::Custom(_) => Ok(()),
        }
    }

    /// Shows that an entry has a new text, or none.
    fn change(&mut self, id: &str, now: Option<&str>) -> Result<()> {
        self.shown += 1;
        let before = match now {
            Some(text) => self.entries.insert(id.to_owned(), text.to_owned()),
            None => self.entries.remove(id),
        };
        let head = |sign: char| format!("{sign} {id}  ");
        match (before, now) {
            (None, Some(text)) => self.screen.say(Look::Added, &head('+'), text),
            (Some(before), Some(text)) => {
                self.screen.say(Look::Changed, &head('~'), text)?;
                let indent = " ".repeat(head('~').len());
                self.screen
                    .say(Look::Faint, &indent, &format!("(was: {before})"))
            }
            (before, None) => {
                let text = before.unwrap_or_default();
                self.screen.say(Look::Deleted, &head('-'), &text)
            }
        }
    }

    /// Shows what the bank has changed beside the operations that were shown: by operations of
    /// its own, or at the session's end. Returns what the session led to.
    pub(super) fn settle(&mut self, entries: &[Entry]) -> Result<Settled> {
        if let Some(why) = self.failure.take() {
            anyhow::bail!("{why}");
        }
        let now = texts(entries);
        let gone = self.entries.keys().filter(|id| !now.contains_key(*id));
        for id in gone.cloned().collect::<Vec<_>>() {
            self.change(&id, None)?;
        }
        for entry in entries {
            if self.entries.get(&entry.id) != Some(&entry.text) {
                self.change(&entry.id, Some(&entry.text))?;
            }
        }
        Ok(Settled {
            shown: std::mem::take(&mut self.shown),
            outputs: std::mem::take(&mut self.outputs),
        })
    }
}

fn texts(entries: &[Entry]) -> BTreeMap<String, String> {
    entries
        .iter()
        .map(|entry| (entry.id.clone(), entry.text.clone()))
        .collect()
}
