//! Tasks that are played under a grammar: actions that the task lists, in their own words.

use memloom_sdk::grammar::{all_said, most_words, one_of, said};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::sentences;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{Error, Task};

use crate::means::{Means, ROUTER, Turn};

/// Plays a task to its end, or until all outputs are used up. An output that is no listed action is an
/// empty one, so that the environment can count it.
///
/// # Errors
/// If the model or the environment fails, or if the task lists no actions.
pub fn play(means: &mut Means<'_>, task: &Task, memory: &str) -> Result<Vec<Turn>, Error> {
    let mut actions = task.actions.clone();
    let mut messages = opening(means, task, memory);
    let mut turns = Vec::new();
    for _ in 0..means.most_outputs(task) {
        if actions.is_empty() {
            return Err(Error::Unsupported(format!(
                "router chooses among listed actions where outputs are constrained, and session {} \
                 lists none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        let output = generate(means, messages.clone(), &actions)?;
        let action = read(&output, &actions);
        if action.is_none() {
            means.malformed(&output);
        }
        let action = action.unwrap_or_default();
        let seen = means.act(&action)?;
        messages.push(Message::new("assistant", said(&action)));
        let shown = format!("{}\n{}", seen.text, question(task));
        messages.push(Message::new("user", shown));
        turns.push(Turn {
            action,
            seen: seen.text,
        });
        if seen.done {
            break;
        }
        actions = seen.actions;
    }
    Ok(turns)
}

/// Returns the messages before the first choice. Memory stands between the task and its question, which
/// stands last: a small model reads it with the question in mind, and answers to what stands last.
fn opening(means: &Means<'_>, task: &Task, memory: &str) -> Vec<Message> {
    let text = match memory {
        "" => task.instruction.clone(),
        _ => format!("{}\n{memory}\n{}", task.instruction, question(task)),
    };
    let own = means.options.instruction.as_ref();
    let system = own.map(|own| Message::new("system", own));
    system
        .into_iter()
        .chain([Message::new("user", text)])
        .collect()
}

/// Returns the first sentence of a task's instruction.
fn question(task: &Task) -> &str {
    sentences(&task.instruction).next().unwrap_or_default()
}

fn generate(
    means: &mut Means<'_>,
    messages: Vec<Message>,
    actions: &[String],
) -> Result<String, Error> {
    let sayable = all_said(actions.iter().map(String::as_str));
    let advice = means.host.advise();
    let listed = advice.filter(|advice| actions.contains(advice));
    let request = Request {
        grammar: Some(one_of(&sayable)),
        demonstration: listed.map(|action| said(&action)),
        ..Request::new(ROUTER, messages, most_words(&sayable) + 1)
    };
    means.report.step();
    Ok(means.host.generate(&request)?.text)
}

/// Reads a listed action; none if the output says no such one.
fn read(output: &str, actions: &[String]) -> Option<String> {
    let output = said(spoken(output)?);
    actions
        .iter()
        .find(|action| said(action) == output)
        .cloned()
}
