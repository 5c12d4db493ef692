//! The messages of a prompt.

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::host::Message;

use crate::options::Options;
use crate::shown::Shown;

const ACTOR: &str = include_str!("prompts/actor.md");
const THINK: &str = include_str!("prompts/think.md");
const PRUNE: &str = include_str!("prompts/prune.md");
const ACT: &str = include_str!("prompts/act.md");
const REFLECTOR: &str = include_str!("prompts/reflector.md");

/// The line before the forms of an output.
const FORMS: &str = "Reply with one of these and nothing else:";

/// Returns the messages before an output: instructions if there are any, experiences and task, and
/// the last acts with what came of them.
pub fn messages(
    options: &Options,
    instruction: &str,
    shown: &Shown,
    sitting: &Sitting,
) -> Vec<Message> {
    let experiences = shown.lines(options);
    let (opening, reminder) = match options.form() {
        Form::Text => text(instruction, &experiences),
        Form::Words => words(instruction, &experiences, sitting),
    };
    let system = instructions(options).map(|text| Message::new("system", text));
    let messages = sitting.messages(&opening, &reminder);
    system.into_iter().chain(messages).collect()
}

/// Returns the opening and the reminder of text prompts. The opening changes only with a prune, so
/// that prompts share it.
fn text(instruction: &str, experiences: &str) -> (String, String) {
    let task = format!("Task: {instruction}");
    let opening = match experiences {
        "" => task.clone(),
        _ => format!("Relevant experiences:\n{experiences}\n\n{task}"),
    };
    (opening, task)
}

/// Returns the opening and the reminder under a grammar. The task stands before and after the
/// experiences: a small model reads them with the task in mind, and answers to what stands last.
fn words(instruction: &str, experiences: &str, sitting: &Sitting) -> (String, String) {
    let reminder = match experiences {
        "" => instruction.into(),
        _ => format!("{experiences}\n{instruction}"),
    };
    let is_first = sitting.turns().is_empty() && !experiences.is_empty();
    let opening = match is_first {
        true => format!("{instruction}\n{reminder}"),
        false => instruction.into(),
    };
    (opening, reminder)
}

/// Returns the actor's instructions, and as text the forms of an output.
fn instructions(options: &Options) -> Option<String> {
    let own = options.instruction.as_deref();
    if options.constrained {
        return own.map(String::from);
    }
    let can_talk = options.rounds > 0;
    let parts = [
        (true, FORMS),
        (can_talk, THINK),
        (can_talk && options.prunes(), PRUNE),
        (true, ACT),
    ];
    let forms = parts.into_iter().filter(|(has, _)| *has);
    let forms: Vec<&str> = forms.map(|(_, part)| part.trim_end()).collect();
    Some(format!(
        "{}\n\n{}",
        own.unwrap_or(ACTOR).trim_end(),
        forms.join("\n")
    ))
}

/// Returns the messages for the reflector.
pub fn reflection(instruction: &str, story: &str, outcome: &str) -> Vec<Message> {
    let told = format!("Task: {instruction}\nTrajectory: {story}\nCorrectness: {outcome}");
    vec![
        Message::new("system", REFLECTOR.trim_end()),
        Message::new("user", told),
    ]
}
