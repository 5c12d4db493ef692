//! The history of a task in the bank: a record for each act, in the group of its subgoal.

use memloom_sdk::types::{Entry, Error, Moment, Observation, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;

/// The bank's operations on groups.
const OPEN: &str = "open-group";
const CLOSE: &str = "close-group";

/// The summary of a subgoal that was open when its task ended.
const LEFT: &str = "The task ended.";

/// A part of a history as prompts show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A subgoal.
    Subgoal {
        /// Its number in the task, from 1.
        number: u32,
        /// The subgoal.
        title: String,
        /// The summary in one line; none while it is open.
        summary: Option<String>,
    },
    /// An act.
    Act {
        /// The action.
        action: String,
        /// The text that was seen after it.
        seen: String,
    },
}

/// The means of a task: bank, environment and counts.
pub struct Records<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
    /// The number of the bank's groups before the task.
    before: u32,
    /// The number of subgoals so far.
    named: u32,
    /// The open subgoal.
    open: Option<String>,
}

impl<'a> Records<'a> {
    /// Returns the records of a task that begins, none. What is left of the task before is removed.
    ///
    /// # Errors
    /// `unsupported`, naming the bank, if acts are to be grouped and it has no groups.
    pub fn new(
        host: &'a mut dyn Host,
        options: &'a Options,
        at: Moment,
        report: &'a mut ReportCounter,
    ) -> Result<Self, Error> {
        let schema = host.schema();
        let has = |name: &str| schema.operations.iter().any(|it| it.name == name);
        if options.summarise && !(has(OPEN) && has(CLOSE)) {
            return Err(Error::Unsupported(format!(
                "hiagent groups its acts, and the bank {} has no operation `{OPEN}`: use tray, or \
                 set `summarise` and `retrieve` to false",
                schema.name
            )));
        }
        let mut records = Self {
            host,
            options,
            at,
            report,
            before: 0,
            named: 0,
            open: None,
        };
        records.clear();
        Ok(records)
    }

    /// Removes all entries, and closes the group that the task before has left open: the last one, if
    /// it has no summary.
    fn clear(&mut self) {
        let entries = self.host.entries();
        let last = entries.iter().map(group).max().unwrap_or(0);
        let is_closed = |entry: &Entry| group(entry) == last && is_summary(entry);
        if last > 0 && !entries.iter().any(is_closed) {
            self.close(LEFT);
        }
        let entries = self.host.entries().into_iter();
        let operations: Vec<Operation> = entries.map(|it| Operation::Delete(it.id)).collect();
        if !operations.is_empty() {
            self.apply("delete", operations);
        }
    }

    /// Applies operations of one name, and counts them.
    fn apply(&mut self, name: &str, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        for _ in &operations {
            self.report.operation(name);
        }
        let results = self.host.apply(&self.at, &operations);
        self.report.results(&results);
        results
    }

    /// Returns the open subgoal.
    pub fn open(&self) -> Option<&str> {
        self.open.as_deref()
    }

    /// Returns the number of subgoals so far.
    pub fn named(&self) -> u32 {
        self.named
    }

    /// Returns the history: finished subgoals with their summaries, and all acts but theirs. The acts
    /// of a subgoal that is `retrieved` follow its summary.
    pub fn shown(&mut self, retrieved: Option<u32>) -> Vec<Shown> {
        let entries = self.host.entries();
        let number = |entry: &Entry| group(entry).saturating_sub(self.before);
        let subgoal = |entry: &Entry, summary: Option<String>| Shown::Subgoal {
            number: number(entry),
            title: field(entry, "title").into(),
            summary,
        };
        let mut shown: Vec<Shown> = Vec::new();
        let mut is_begun = false;
        for entry in &entries {
            let of = number(entry);
            if is_summary(entry) {
                shown.push(subgoal(entry, Some(entry.text.clone())));
                if retrieved == Some(of) {
                    shown.extend(acts(&entries, group(entry)));
                }
            } else if group(entry) == 0 {
                shown.push(act(entry));
            } else if self.open.is_some() && of == self.named {
                if !is_begun {
                    shown.push(subgoal(entry, None));
                    is_begun = true;
                }
                shown.push(act(entry));
            }
        }
        shown
    }

    /// Returns the acts for the open subgoal.
    pub fn acts(&mut self) -> Vec<Shown> {
        acts(&self.host.entries(), self.before + self.named)
    }

    /// Closes the open subgoal with a summary.
    pub fn close(&mut self, summary: &str) {
        self.open = None;
        let arguments = serde_json::json!({"summary": summary}).to_string();
        self.apply(CLOSE, vec![Operation::custom(CLOSE, arguments)]);
    }

    /// Opens a subgoal.
    ///
    /// # Errors
    /// If the bank refuses, or gives a group no number.
    pub fn begin(&mut self, subgoal: &str) -> Result<(), Error> {
        let arguments = serde_json::json!({"title": subgoal}).to_string();
        let results = self.apply(OPEN, vec![Operation::custom(OPEN, arguments)]);
        let group = results.into_iter().next().transpose()?.unwrap_or_default();
        let number: u32 = group.parse().map_err(|_| {
            Error::Unsupported(format!(
                "hiagent's bank has opened the group {group:?}, which is no number: use tray"
            ))
        })?;
        if self.named == 0 {
            self.before = number.saturating_sub(1);
        }
        self.named = number.saturating_sub(self.before);
        self.open = Some(subgoal.into());
        Ok(())
    }

    /// Acts in the task, and notes action and observation as a record. What the environment refuses is
    /// an act that changes nothing, and the reason is what is seen.
    ///
    /// # Errors
    /// If the session is not a task.
    pub fn act(&mut self, action: &str, actions: &[String]) -> Result<Observation, Error> {
        self.report.operation("act");
        let seen = match self.host.act(action) {
            Err(Error::Invalid(text) | Error::Unknown(text)) => Observation {
                text,
                done: false,
                reward: 0.0,
                actions: actions.to_vec(),
            },
            result => result?,
        };
        if !seen.done {
            let record = Operation::insert(format!("{action}\n{}", seen.text.trim()), "", vec![]);
            self.apply("insert", vec![record]);
        }
        Ok(seen)
    }
}

fn field<'e>(entry: &'e Entry, name: &str) -> &'e str {
    let found = entry.fields.iter().find(|(other, _)| other == name);
    found.map_or("", |(_, value)| value)
}

fn is_summary(entry: &Entry) -> bool {
    field(entry, "kind") == "summary"
}

/// Returns the number of an entry's group in the bank; 0 if it is in none.
fn group(entry: &Entry) -> u32 {
    field(entry, "group").parse().unwrap_or(0)
}

/// Returns the acts in a group of the bank.
fn acts(entries: &[Entry], of: u32) -> Vec<Shown> {
    let in_group = |entry: &&Entry| group(entry) == of && !is_summary(entry);
    entries.iter().filter(in_group).map(act).collect()
}

fn act(entry: &Entry) -> Shown {
    let (action, seen) = entry.text.split_once('\n').unwrap_or((&entry.text, ""));
    Shown::Act {
        action: action.into(),
        seen: seen.into(),
    }
}
