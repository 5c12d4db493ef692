//! The memory: the one entry of the bank.

use memloom_sdk::host::Request;
use memloom_sdk::types::{Entry, Error, Moment, Observation, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;
use crate::prompts::NO_MEMORY;

/// The memory while a session is observed.
pub struct Memory<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

/// Returns the entry that holds the memory: the bank's first, and only one where nobody else writes.
pub fn entry(host: &mut dyn Host) -> Option<Entry> {
    host.entries().into_iter().next()
}

/// Returns the memory's text; empty if there is none.
pub fn text(host: &mut dyn Host) -> String {
    entry(host).map(|entry| entry.text).unwrap_or_default()
}

/// Returns a text without what is beyond the memory's tokens.
pub fn fitted(host: &mut dyn Host, options: &Options, text: &str) -> String {
    let text = text.trim();
    match host.count(text) > options.memory_tokens {
        true => host.cut(text, 0, options.memory_tokens).trim().into(),
        false => text.into(),
    }
}

impl Memory<'_> {
    /// Overwrites the memory, which these turns support. An empty text, or the phrase for no memory,
    /// leaves none.
    pub fn write(&mut self, text: String, turns: Vec<String>) {
        if text.is_empty() || text == NO_MEMORY {
            return self.clear();
        }
        match entry(self.host) {
            Some(entry) => self.apply("update", Operation::update(entry.id, text, turns)),
            None => self.apply("insert", Operation::insert(text, "", turns)),
        }
    }

    /// Empties the memory.
    pub fn clear(&mut self) {
        if let Some(entry) = entry(self.host) {
            self.apply("delete", Operation::Delete(entry.id));
        }
    }

    fn apply(&mut self, name: &str, operation: Operation) {
        self.report.operation(name);
        let results = self.host.apply(&self.at, &[operation]);
        self.report.results(&results);
    }

    /// Acts in the task.
    ///
    /// # Errors
    /// If the session is not a task.
    pub fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.report.operation("act");
        self.host.act(action)
    }

    /// Asks the model for an output, a step.
    ///
    /// # Errors
    /// If the model fails.
    pub fn generate(&mut self, request: &Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(request)?.text)
    }

    /// Counts a role's output that could not be read.
    pub fn malformed(&mut self, role: &str, output: &str) {
        self.report.malformed_output(self.at.session, role, output);
    }
}
