//! The planner, which writes a plan or chooses the case whose plan is followed.

use memloom_sdk::host::Request;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::plan::{self, Output};
use crate::prompts;
use crate::shown::Shown;
use crate::words;

/// The planner's role.
pub const PLANNER: &str = "planner";

/// Asks for a plan, or an answer; none if the output is malformed. A demonstrator's plan is the task as
/// one step, and follows the most fitting case that has his next action.
///
/// # Errors
/// If the model fails.
pub fn plan(
    means: &mut Means<'_>,
    task: &Task,
    shown: &Shown,
    done: &str,
) -> Result<Option<Output>, Error> {
    let advice = advised(means);
    let demonstration = advice.map(|action| {
        let case = shown.with_action(&action);
        plan::write(&task.instruction, case.into_iter().collect())
    });
    let messages = prompts::planner(means.options, &task.instruction, shown, done);
    let request = Request {
        demonstration,
        ..Request::new(PLANNER, messages, means.options.output_tokens)
    };
    let output = said(means, &request)?;
    let read = plan::parse(&output);
    if read.is_none() {
        means.report.malformed_output(task.index, PLANNER, &output);
    }
    Ok(read)
}

/// Asks under a grammar for the case whose plan is followed, and returns its number; none for no case.
///
/// # Errors
/// If the model fails.
pub fn choose(means: &mut Means<'_>, task: &Task, shown: &Shown) -> Result<Option<usize>, Error> {
    let cases = shown.successes.len();
    if cases == 0 {
        return Ok(None);
    }
    let advice = advised(means);
    let demonstration = advice.map(|action| words::said(shown.with_action(&action)));
    let messages = prompts::choice(&task.instruction, shown);
    let request = Request {
        grammar: Some(words::grammar(cases)),
        demonstration,
        ..Request::new(PLANNER, messages, 2)
    };
    let output = said(means, &request)?;
    let chosen = spoken(&output).and_then(|said| words::parse(said.trim(), cases));
    if chosen.is_none() {
        means.report.malformed_output(task.index, PLANNER, &output);
    }
    Ok(chosen.flatten())
}

/// Returns the action that a demonstrator would take, which the last line of his advice says.
fn advised(means: &mut Means<'_>) -> Option<String> {
    let advice = means.host.advise()?;
    Some(advice.lines().last().unwrap_or_default().into())
}

fn said(means: &mut Means<'_>, request: &Request) -> Result<String, Error> {
    means.report.step();
    Ok(means.host.generate(request)?.text)
}
