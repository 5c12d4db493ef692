//! Tasks that are played in one output, with thoughts, searches and what they bring.

use memloom_sdk::host::Request;
use memloom_sdk::trace;
use memloom_sdk::types::{Error, Task};

use crate::means::{Means, ROUTER, Turn};
use crate::output::{self, ANSWER};
use crate::prompts;

/// Plays a task: the environment gets the whole trace as the answer, and pays its form. A trace whose
/// form is broken is malformed; one without an answer is an empty action.
///
/// # Errors
/// If the model or the environment fails.
pub fn play(means: &mut Means<'_>, task: &Task, memory: &str) -> Result<Vec<Turn>, Error> {
    let advice = means.host.advise();
    let request = Request {
        demonstration: advice.as_deref().and_then(output::write),
        stop: vec!["</answer>".into()],
        ..Request::new(
            ROUTER,
            prompts::opening(means.options, &task.instruction, memory),
            means.options.output_tokens,
        )
    };
    means.report.step();
    let output = means.host.generate(&request)?.text;
    if trace::form(&output) == 0.0 {
        means.malformed(&output);
    }
    let action = match trace::answer(&output) {
        Some(_) => format!("{ANSWER}{}", output.trim()),
        None => String::new(),
    };
    let seen = means.act(&action)?.text;
    Ok(vec![Turn { action, seen }])
}
