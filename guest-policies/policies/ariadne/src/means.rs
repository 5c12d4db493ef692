//! The means of a session: host, options, moment and counts, and the asking of a role.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::{Error, Moment};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;

/// The means of one session.
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

impl Means<'_> {
    /// Asks a role for text. With a demonstration, the request carries it.
    ///
    /// # Errors
    /// If the model fails.
    pub fn ask(
        &mut self,
        role: &str,
        instructions: &str,
        prompt: String,
        demonstration: Option<String>,
    ) -> Result<String, Error> {
        let messages = vec![
            Message::new("system", instructions.trim_end()),
            Message::new("user", prompt),
        ];
        self.generate(&Request {
            demonstration,
            ..Request::new(role, messages, self.options.output_tokens)
        })
    }

    /// Asks for an output, which is a step.
    ///
    /// # Errors
    /// If the model fails.
    pub fn generate(&mut self, request: &Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(request)?.text)
    }

    /// Counts an output of a role that cannot be read.
    pub fn malformed(&mut self, role: &str, output: &str) {
        self.report.malformed_output(self.at.session, role, output);
    }
}
