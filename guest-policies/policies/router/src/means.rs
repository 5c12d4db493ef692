//! The means of a session: bank, model, environment and counts.

use memloom_sdk::types::{Error, Insertion, Moment, Observation, Operation, Task};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;

/// The role of all requests but those to a searcher.
pub const ROUTER: &str = "router";

/// The means of a session.
pub struct Means<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

/// An act and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The action.
    pub action: String,
    /// The text that was seen after it.
    pub seen: String,
}

impl Means<'_> {
    /// Acts in the task. An adviser who fails is no answer: the error ends the session.
    ///
    /// # Errors
    /// If the environment fails.
    pub fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.report.operation("act");
        self.host.act(action)
    }

    /// Returns the most outputs of a task: all searches and an answer, or as many as it allows.
    pub fn most_outputs(&self, task: &Task) -> u32 {
        let most = self.options.calls + 1;
        match task.steps {
            0 => most,
            steps => most.min(steps),
        }
    }

    /// Counts an output that is not of the form that was asked for.
    pub fn malformed(&mut self, output: &str) {
        let session = self.at.session;
        self.report.malformed_output(session, ROUTER, output);
    }

    /// Inserts entries.
    pub fn insert(&mut self, insertions: Vec<Insertion>) {
        let operations: Vec<Operation> = insertions.into_iter().map(Operation::Insert).collect();
        if operations.is_empty() {
            return;
        }
        self.report.operations(&operations);
        let results = self.host.apply(&self.at, &operations);
        self.report.results(&results);
    }

    /// Returns whether the bank's entries are cases, which have a plan.
    pub fn keeps_cases(&mut self) -> bool {
        self.host.schema().fields.iter().any(|name| name == "plan")
    }

    /// Returns a text without what is beyond the tokens of information.
    pub fn fitted(&mut self, text: &str) -> String {
        let (text, most) = (text.trim(), self.options.information_tokens);
        match self.host.count(text) > most {
            true => self.host.cut(text, 0, most).trim().into(),
            false => text.into(),
        }
    }
}
