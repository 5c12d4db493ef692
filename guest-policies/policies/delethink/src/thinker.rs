//! Thinking in chunks.

use memloom_sdk::host::{FinishReason, Request};
use memloom_sdk::types::Error;
use memloom_sdk::{Host, ReportCounter};

use crate::kept::Kept;
use crate::language::Language;
use crate::options::Options;
use crate::prompts;

/// The thinker's role.
pub const THINKER: &str = "thinker";

/// Thinks about a question and returns the outputs of all chunks as one text. A demonstrator's text
/// is spread over the chunks.
///
/// # Errors
/// If the model or the host fails.
pub fn think(
    host: &mut dyn Host,
    options: &Options,
    language: &Language,
    question: &str,
    demonstrated: Option<&str>,
    report: &mut ReportCounter,
) -> Result<String, Error> {
    let mut kept = Kept::default();
    let mut thought = String::new();
    let mut rest = demonstrated.map(|text| Demonstrated { text, said: 0 });
    for chunk in 0..options.chunks {
        let budget = options.budget(chunk == 0);
        let begun = kept.text();
        let grammar = options
            .constrained
            .then(|| language.grammar(question, &begun, budget));
        let request = Request {
            grammar,
            demonstration: rest.as_mut().map(|rest| rest.next(host, budget)),
            ..Request::new(THINKER, prompts::messages(options, question, begun), budget)
        };
        report.step();
        let output = host.generate(&request)?;
        if options.constrained && !thought.is_empty() {
            thought.push(' ');
        }
        thought += &output.text;
        let has_more = rest.as_ref().is_some_and(|rest| rest.has_more(host));
        if output.finish == FinishReason::Stop && !has_more {
            break;
        }
        report.cut();
        let is_last = chunk + 1 == options.chunks;
        if is_last || !kept.add(host, options, &output.text) {
            break;
        }
    }
    Ok(thought)
}

/// A demonstrator's text, which is said chunk by chunk.
struct Demonstrated<'a> {
    text: &'a str,
    /// The number of tokens that earlier chunks have.
    said: u32,
}

impl Demonstrated<'_> {
    /// Returns the next tokens, as many as a chunk has.
    fn next(&mut self, host: &mut dyn Host, budget: u32) -> String {
        let first = self.said;
        self.said = first.saturating_add(budget);
        host.cut(self.text, first, self.said)
    }

    /// Returns whether there are more tokens.
    fn has_more(&self, host: &mut dyn Host) -> bool {
        host.count(self.text) > self.said
    }
}
