//! The actor, which plays a task.

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::{Error, Task};
use memloom_sdk::{Host, ReportCounter};

use crate::memory;
use crate::options::Options;
use crate::prompts;

/// The actor's role.
pub const ACTOR: &str = "actor";

/// Plays a task to its end and returns it.
///
/// # Errors
/// If the model or the host fails.
pub fn play(
    host: &mut dyn Host,
    options: &Options,
    task: &Task,
    report: &mut ReportCounter,
) -> Result<Sitting, Error> {
    let instruction = &task.instruction;
    let reminder = match options.form() {
        Form::Words => instruction.clone(),
        Form::Text => format!("Task: {instruction}"),
    };
    let opening = opening(host, options, &reminder, instruction)?;
    let mut sitting = Sitting::new(task.clone(), options.rules());
    while !sitting.is_over() {
        let request = Request {
            grammar: sitting.grammar(),
            demonstration: host
                .advise()
                .and_then(|advice| sitting.demonstration(&advice)),
            ..Request::new(
                ACTOR,
                messages(options, sitting.messages(&opening, &reminder)),
                max_tokens(options, sitting.form()),
            )
        };
        report.step();
        let output = host.generate(&request)?.text;
        let malformed = sitting.malformed();
        sitting.take(host, &output)?;
        if sitting.malformed() > malformed {
            report.malformed_output(task.index, ACTOR, &output);
        }
    }
    for _ in sitting.turns() {
        report.operation("act");
    }
    Ok(sitting)
}

/// Returns the first message: the task, and what is remembered about it. It stays the same
/// through the task, so that prompts share it.
fn opening(
    host: &mut dyn Host,
    options: &Options,
    task: &str,
    instruction: &str,
) -> Result<String, Error> {
    let hits = memory::hits(host, options, instruction)?;
    let block = memory::block(host, options, &hits)?;
    Ok(match (block.is_empty(), options.form()) {
        (true, _) => task.into(),
        (false, Form::Words) => format!("{task}\nnotes :\n{block}"),
        (false, Form::Text) => format!("{task}\n\nNotes from earlier sessions:\n{block}\n"),
    })
}

/// Returns messages after the actor's instructions, if there are any.
fn messages(options: &Options, messages: Vec<Message>) -> Vec<Message> {
    let instructions = match (&options.instruction, options.form()) {
        (Some(own), _) => Some(own.clone()),
        (None, Form::Words) => None,
        (None, Form::Text) => Some(prompts::with_thoughts(prompts::ACTOR, options.thoughts)),
    };
    let system = instructions.map(|text| Message::new("system", text));
    system.into_iter().chain(messages).collect()
}

/// Returns the most tokens of an output: a control word and the end, or a text.
fn max_tokens(options: &Options, form: Form) -> u32 {
    match form {
        Form::Words => 2,
        Form::Text => options.text_tokens(options.action_tokens),
    }
}
