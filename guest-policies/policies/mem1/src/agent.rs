//! The agent, which plays a task turn by turn.

use memloom_sdk::host::Request;
use memloom_sdk::types::{Error, Task};

use crate::evidence::documents;
use crate::options::Options;
use crate::turn::{AGENT, Before, Decided};
use crate::words::{self, Asked};
use crate::writing::Writing;
use crate::{output, prompts};

/// Plays a task to its end, or to the first output that cannot be read.
///
/// # Errors
/// If the model or the host fails, or if actions are to be chosen and the task lists none.
pub fn play(writing: &mut Writing<'_>, options: &Options, task: &Task) -> Result<(), Error> {
    let questions = task.instruction.lines().next().unwrap_or_default().trim();
    let turns = match task.steps {
        0 => options.turns,
        steps => options.turns.min(steps),
    };
    let mut actions = task.actions.clone();
    let mut before: Option<Before> = None;
    writing.write("", Vec::new());
    for turn in 1..=turns {
        if options.constrained && actions.is_empty() {
            return Err(Error::Unsupported(format!(
                "mem1 chooses among listed actions where outputs are constrained, and session {} lists \
                 none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        let decided = match options.constrained {
            true => {
                let state = writing.state();
                let asked = Asked {
                    questions,
                    state: &state,
                    before: before.as_ref(),
                    actions: &actions,
                };
                words::decide(writing.host, options, &asked)?
            }
            false => decide(writing, options, questions, before.as_ref(), turn == turns)?,
        };
        writing.report.step();
        let Decided {
            state,
            action,
            said,
        } = match decided {
            Ok(decided) => decided,
            Err(output) => {
                let session = task.index;
                writing.report.malformed_output(session, AGENT, &output);
                return Ok(());
            }
        };
        let shown = before.take().map(|before| documents(&before.information));
        writing.write(&state, shown.unwrap_or_default());
        let seen = writing.act(&action, &actions)?;
        if seen.done {
            return Ok(());
        }
        actions = seen.actions;
        let information = fitted(writing, options, &seen.text);
        before = Some(Before { said, information });
    }
    Ok(())
}

/// Asks for an output as text. The inner error is an output that cannot be read.
fn decide(
    writing: &mut Writing<'_>,
    options: &Options,
    questions: &str,
    before: Option<&Before>,
    is_last: bool,
) -> Result<Result<Decided, String>, Error> {
    let advice = writing.host.advise();
    let demonstration = advice.as_deref().and_then(|advice| {
        let (notes, action) = advice.rsplit_once('\n').unwrap_or(("", advice));
        output::write(notes, action)
    });
    let generated = writing.host.generate(&Request {
        demonstration,
        stop: output::stops(is_last),
        ..Request::new(
            AGENT,
            prompts::messages(options, questions, before),
            options.output_tokens,
        )
    })?;
    let Some(read) = output::parse(&generated.text) else {
        return Ok(Err(generated.text));
    };
    if read.is_repaired {
        writing.report.repaired();
    }
    Ok(Ok(read.decided))
}

/// Returns what a turn showed without what is beyond its tokens.
fn fitted(writing: &mut Writing<'_>, options: &Options, text: &str) -> String {
    let (text, most) = (text.trim(), options.information_tokens);
    match writing.host.count(text) > most {
        true => writing.host.cut(text, 0, most).trim().into(),
        false => text.into(),
    }
}
