//! The messages of text prompts.

use memloom_sdk::host::Message;

use crate::options::{Information, Options};

const ROUTER: &str = include_str!("prompts/router.md");
const THINKER: &str = include_str!("prompts/thinker.md");
const OWN: &str = include_str!("prompts/own.md");
const SEARCHER: &str = include_str!("prompts/searcher.md");

/// The end of what is shown before the last output.
const ANSWER_NOW: &str = "Now answer: no search is left.";

/// Returns the messages before the first output: instructions, memory and task.
pub fn opening(options: &Options, instruction: &str, memory: &str) -> Vec<Message> {
    let built_in = match options.information {
        Information::Environment => ROUTER,
        Information::Searcher => THINKER,
        Information::Own => OWN,
    };
    let own = options.instruction.as_deref();
    let task = match memory {
        "" => format!("Task: {instruction}"),
        _ => format!("Notes from earlier tasks:\n{memory}\n\nTask: {instruction}"),
    };
    vec![
        Message::new("system", own.unwrap_or(built_in).trim_end()),
        Message::new("user", task),
    ]
}

/// Returns the messages after an output: the output, and what came of it.
pub fn answered(output: &str, information: &str, is_next_last: bool) -> [Message; 2] {
    let end = if is_next_last { ANSWER_NOW } else { "" };
    let shown = format!("<information>\n{information}\n</information>\n{end}");
    [
        Message::new("assistant", output.trim()),
        Message::new("user", shown.trim_end()),
    ]
}

/// Returns the messages for the searcher.
pub fn search(query: &str) -> Vec<Message> {
    vec![
        Message::new("system", SEARCHER.trim_end()),
        Message::new("user", query),
    ]
}
