//! The executor, which acts.

use memloom_sdk::acting::{Sitting, Taken, labelled};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::Error;

use crate::means::Means;

/// The executor's role.
pub const EXECUTOR: &str = "executor";

/// The label of the result of a step.
const DONE: &str = "done:";
/// The label of an action, which counts before a result.
const ACT: &str = "action:";

/// Asks for an act and does it. Returns the result of the step if that is said in the place of an act.
///
/// # Errors
/// If the model or the host fails.
pub fn act(
    means: &mut Means<'_>,
    sitting: &mut Sitting,
    messages: Vec<Message>,
) -> Result<Option<String>, Error> {
    let advice = means.host.advise();
    let advised = advice.as_deref().and_then(|advice| advice.lines().last());
    let grammar = sitting.grammar();
    let tokens = match grammar {
        Some(_) => sitting.most_words() + 1,
        None => means.options.output_tokens,
    };
    let request = Request {
        demonstration: advised.and_then(|action| sitting.demonstration(action)),
        grammar,
        ..Request::new(EXECUTOR, messages, tokens)
    };
    means.report.step();
    let output = means.host.generate(&request)?.text;
    let is_text = request.grammar.is_none();
    if is_text
        && labelled(&output, ACT).is_none()
        && let Some(result) = labelled(&output, DONE)
    {
        return Ok(Some(result.into()));
    }
    if sitting.take(means.host, &output)? == Taken::Malformed {
        let session = means.at.session;
        means.report.malformed_output(session, EXECUTOR, &output);
    }
    Ok(None)
}
