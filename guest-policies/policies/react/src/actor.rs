//! The actor, which plays a task.

use memloom_sdk::acting::{Form, Sitting, Taken};
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
    let reminder = match options.form() {
        Form::Words => task.instruction.clone(),
        Form::Text => format!("Task: {}", task.instruction),
    };
    let opening = format!(
        "{reminder}{}",
        remembered(host, options, &task.instruction)?
    );
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
        if sitting.take(host, &output)? == Taken::Malformed {
            report.malformed_output(task.index, ACTOR, &output);
        }
    }
    for _ in sitting.turns() {
        report.operation("act");
    }
    Ok(sitting)
}

/// Returns what is remembered about a task, as the end of the first message. It stays the same
/// through the task, so that prompts share it.
fn remembered(host: &mut dyn Host, options: &Options, instruction: &str) -> Result<String, Error> {
    let hits = memory::hits(host, options, instruction)?;
    let block = memory::block(host, options, &hits)?;
    Ok(match options.form() {
        _ if block.is_empty() => block,
        Form::Words => format!("\nnotes :\n{block}"),
        Form::Text => format!("\n\nNotes from earlier sessions:\n{block}\n"),
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
