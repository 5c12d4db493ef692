//! The state in the bank: its one entry.

use memloom_sdk::types::{Entry, Error, Moment, Observation, Operation};
use memloom_sdk::{Host, ReportCounter};

/// The means of a task: bank, environment and counts.
pub struct Writing<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

impl Writing<'_> {
    /// Returns the entry with the state: the bank's first, and only one where nobody else writes.
    fn entry(&mut self) -> Option<Entry> {
        self.host.entries().into_iter().next()
    }

    /// Returns the state as the bank has it; empty if there is none.
    pub fn state(&mut self) -> String {
        self.entry().map(|entry| entry.text).unwrap_or_default()
    }

    /// Overwrites the state, which these documents support. An empty one leaves none.
    pub fn write(&mut self, state: &str, documents: Vec<String>) {
        let (name, operation) = match (self.entry(), state) {
            (None, "") => return,
            (Some(entry), "") => ("delete", Operation::Delete(entry.id)),
            (Some(entry), _) => ("update", Operation::update(entry.id, state, documents)),
            (None, _) => ("insert", Operation::insert(state, "", documents)),
        };
        self.report.operation(name);
        let results = self.host.apply(&self.at, &[operation]);
        self.report.results(&results);
    }

    /// Acts in the task. What the environment refuses is an act that changes nothing, and the
    /// reason is what comes of it.
    ///
    /// # Errors
    /// If the session is not a task.
    pub fn act(&mut self, action: &str, actions: &[String]) -> Result<Observation, Error> {
        self.report.operation("act");
        match self.host.act(action) {
            Err(Error::Invalid(text) | Error::Unknown(text)) => Ok(Observation {
                text,
                done: false,
                reward: 0.0,
                actions: actions.to_vec(),
            }),
            result => result,
        }
    }
}
