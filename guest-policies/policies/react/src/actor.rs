//! The actor, which plays a task.

use memloom_sdk::acting::{Form, Sitting, Taken};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::sentences;
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
    let sentences = task_sentences(options, &task.instruction);
    let remembered = remembered(host, options, &sentences)?;
    let goal = sentences.join(" ");
    let opening = format!("{}{remembered}", task_line(options, &task.instruction));
    let reminder = match options.form() {
        // A small model reads what stands last.
        Form::Words => format!("{goal}{remembered}"),
        Form::Text => task_line(options, &goal),
    };
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
                max_tokens(options, &sitting),
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

/// Returns what is remembered about a task, as the end of a message. It stays the same through the
/// task, so that prompts share it.
fn remembered(host: &mut dyn Host, options: &Options, sentences: &[&str]) -> Result<String, Error> {
    let hits = memory::hits_of_each(host, options, sentences)?;
    let block = memory::block(host, options, &hits)?;
    Ok(match options.form() {
        _ if block.is_empty() => block,
        Form::Words => format!("\nnotes :\n{block}"),
        Form::Text => format!("\n\nNotes from earlier sessions:\n{block}\n"),
    })
}

/// Returns the sentences of an instruction that say what is to be done.
fn task_sentences<'a>(options: &Options, instruction: &'a str) -> Vec<&'a str> {
    match options.task_sentences {
        0 => vec![instruction],
        count => sentences(instruction).take(count).collect(),
    }
}

fn task_line(options: &Options, instruction: &str) -> String {
    match options.form() {
        Form::Words => instruction.into(),
        Form::Text => format!("Task: {instruction}"),
    }
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

/// Returns the most tokens of an output: the words of a choice and the end, or a text.
fn max_tokens(options: &Options, sitting: &Sitting) -> u32 {
    match sitting.form() {
        Form::Words => sitting.most_words() + 1,
        Form::Text => options.text_tokens(options.action_tokens),
    }
}
