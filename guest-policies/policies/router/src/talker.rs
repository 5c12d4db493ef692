//! Tasks that are played in text, one output a turn.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::{Error, Task};

use crate::means::{Means, ROUTER, Turn};
use crate::options::Information;
use crate::output::{self, ANSWER, Step};
use crate::prompts;
use crate::searcher::search;

/// Plays a task to its end, or until all outputs are used up. An output whose form is broken, and a
/// search in the place of a due answer, are empty actions, so that the environment can count them.
///
/// # Errors
/// If the model, an adviser or the environment fails.
pub fn play(means: &mut Means<'_>, task: &Task, memory: &str) -> Result<Vec<Turn>, Error> {
    let most = means.most_outputs(task);
    let mut messages = prompts::opening(means.options, &task.instruction, memory);
    let mut turns = Vec::new();
    for number in 1..=most {
        let output = generate(means, messages.clone())?;
        let step = output::parse(&output);
        let step = step.filter(|step| number < most || matches!(step, Step::Answer(_)));
        let asks_model = means.options.information == Information::Searcher;
        let information = match step {
            Some(Step::Search(query)) if asks_model => search(means, &query)?,
            step => {
                let action = step.and_then(action);
                if action.is_none() {
                    means.malformed(&output);
                }
                let action = action.unwrap_or_default();
                let seen = means.act(&action)?;
                turns.push(Turn {
                    action,
                    seen: seen.text.clone(),
                });
                if seen.done {
                    break;
                }
                means.fitted(&seen.text)
            }
        };
        messages.extend(prompts::answered(&output, &information, number + 1 == most));
    }
    Ok(turns)
}

fn generate(means: &mut Means<'_>, messages: Vec<Message>) -> Result<String, Error> {
    let advice = means.host.advise();
    let request = Request {
        demonstration: advice.as_deref().and_then(output::write),
        stop: output::stops(),
        ..Request::new(ROUTER, messages, means.options.output_tokens)
    };
    means.report.step();
    Ok(means.host.generate(&request)?.text)
}

/// Returns the environment's action of a step; none if it is a search that names nobody or nothing.
fn action(step: Step) -> Option<String> {
    match step {
        Step::Search(search) => output::action(&search),
        Step::Answer(answer) => Some(format!("{ANSWER}{answer}")),
    }
}
