//! The summariser, which sums up what was done for a subgoal.

use memloom_sdk::host::Request;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::prompts;
use crate::records::{Records, Shown};
use crate::summary::{Summary, grammar};

/// The summariser's role.
pub const SUMMARISER: &str = "summariser";

/// The summary where none can be read.
const NONE: &str = "(no summary)";

/// Sums up the open subgoal and closes it.
///
/// # Errors
/// If the model fails.
pub fn close(records: &mut Records<'_>, goals: &[&str]) -> Result<(), Error> {
    let Some(subgoal) = records.open().map(String::from) else {
        return Ok(());
    };
    let acts = records.acts();
    let seen = match acts.last() {
        Some(Shown::Act { seen, .. }) => &**seen,
        _ => "",
    };
    let by_rule = Summary::by_rule(&subgoal, goals, seen);
    let is_advised = records.host.advise().is_some();
    let demonstrated = |output: String| is_advised.then_some(output);
    let request = match records.options.constrained {
        true => {
            let (grammar, most_words) = grammar(seen);
            Request {
                grammar: Some(grammar),
                demonstration: demonstrated(by_rule.output()),
                ..Request::new(
                    SUMMARISER,
                    prompts::small_summariser(&subgoal, &acts),
                    most_words + 1,
                )
            }
        }
        false => Request {
            demonstration: demonstrated(by_rule.text()),
            ..Request::new(
                SUMMARISER,
                prompts::summariser(&subgoal, &acts),
                records.options.summary_tokens,
            )
        },
    };
    records.report.step();
    let output = records.host.generate(&request)?.text;
    let summary = match records.options.constrained {
        true => Summary::parse(&output, seen).map(|summary| summary.text()),
        false => spoken(&output)
            .map(|said| first_words(said, usize::MAX))
            .filter(|said| !said.is_empty()),
    };
    if summary.is_none() {
        let session = records.at.session;
        records
            .report
            .malformed_output(session, SUMMARISER, &output);
    }
    records.close(summary.as_deref().unwrap_or(NONE));
    Ok(())
}
