//! The messages of prompts.

use memloom_sdk::acting::Sitting;
use memloom_sdk::host::Message;

use crate::case::Case;
use crate::options::Options;
use crate::shown::Shown;
use crate::words::name;

const PLANNER: &str = include_str!("prompts/planner.md");
const EXECUTOR: &str = include_str!("prompts/executor.md");

/// Returns the messages for a plan as text: instructions, cases, task, and what was done so far.
pub fn planner(options: &Options, task: &str, shown: &Shown, done: &str) -> Vec<Message> {
    let mut parts = Vec::new();
    if !shown.successes.is_empty() {
        let cases = (1..).zip(&shown.successes);
        let cases = cases.map(|(number, case)| format!("[Case {number}]\n{}", case.text()));
        let cases: Vec<String> = cases.collect();
        parts.push(format!("Cases that succeeded:\n{}", cases.join("\n")));
    }
    if !shown.failures.is_empty() {
        let cases: Vec<String> = shown.failures.iter().map(Case::text).collect();
        parts.push(format!("Cases that failed:\n{}", cases.join("\n")));
    }
    parts.push(format!("Task: {task}"));
    if !done.is_empty() {
        parts.push(format!("Done so far:\n{done}"));
    }
    let instructions = options.instruction.as_deref().unwrap_or(PLANNER);
    vec![
        Message::new("system", instructions.trim_end()),
        Message::new("user", parts.join("\n\n")),
    ]
}

/// Returns the messages for an act as text: instructions, task, the last acts, and the step at hand.
pub fn executor(task: &str, step: Option<&str>, sitting: &Sitting) -> Vec<Message> {
    let reminder = match step {
        Some(step) => format!("Step: {step}"),
        None => format!("Task: {task}"),
    };
    let is_first = sitting.turns().is_empty() && step.is_some();
    let opening = match is_first {
        true => format!("Task: {task}\n{reminder}"),
        false => format!("Task: {task}"),
    };
    let system = Message::new("system", EXECUTOR.trim_end());
    let messages = sitting.messages(&opening, &reminder);
    [system].into_iter().chain(messages).collect()
}

/// Returns the message for the choice of a case under a grammar. The task stands before and after the
/// cases, whose names stand last: a small model reads them with the task in mind.
pub fn choice(task: &str, shown: &Shown) -> Vec<Message> {
    let cases = (1..).zip(&shown.successes);
    let cases = cases.map(|(number, case)| format!("{} {}", case.words(), name(number)));
    let cases: Vec<String> = cases.collect();
    let content = format!("{task}\n{}\n{task}", cases.join("\n"));
    vec![Message::new("user", content)]
}

/// Returns the messages for an act under a grammar, with the case that is followed.
pub fn act(task: &str, followed: Option<&Case>, sitting: &Sitting) -> Vec<Message> {
    let reminder = match followed {
        Some(case) => format!("{}\n{task}", case.words()),
        None => task.into(),
    };
    let is_first = sitting.turns().is_empty() && followed.is_some();
    let opening = match is_first {
        true => format!("{task}\n{reminder}"),
        false => task.into(),
    };
    sitting.messages(&opening, &reminder)
}
