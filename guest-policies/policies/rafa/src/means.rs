//! The means of a task: bank, model, environment and counts.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::{Error, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;

/// The means of a task.
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

/// A question to a role.
pub struct Asked {
    /// The role.
    pub role: &'static str,
    /// The prompt.
    pub messages: Vec<Message>,
    /// The grammar, and the most words of an output under it; none for text.
    pub grammar: Option<(String, u32)>,
    /// The output of a demonstrator; none without one.
    pub demonstration: Option<String>,
    /// The temperature; none for the host's.
    pub temperature: Option<f32>,
}

impl Means<'_> {
    /// Asks a role, and returns its output.
    ///
    /// # Errors
    /// If the model fails.
    pub fn ask(&mut self, asked: Asked) -> Result<String, Error> {
        let words = asked.grammar.as_ref().map(|(_, words)| words + 1);
        let tokens = words.unwrap_or(self.options.output_tokens);
        let request = Request {
            grammar: asked.grammar.map(|(grammar, _)| grammar),
            demonstration: asked.demonstration,
            temperature: asked.temperature,
            ..Request::new(asked.role, asked.messages, tokens)
        };
        self.report.step();
        Ok(self.host.generate(&request)?.text)
    }

    /// Counts an output of a role that could not be read.
    pub fn malformed(&mut self, role: &str, output: &str) {
        self.report.malformed_output(self.at.session, role, output);
    }

    /// Applies operations to the bank, and counts them.
    pub fn apply(&mut self, operations: &[Operation]) {
        if operations.is_empty() {
            return;
        }
        self.report.operations(operations);
        let results = self.host.apply(&self.at, operations);
        self.report.results(&results);
    }
}
