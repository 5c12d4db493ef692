//! The messages of text prompts.

use memloom_sdk::host::Message;

use crate::options::Options;
use crate::turn::Before;

const AGENT: &str = include_str!("prompts/agent.md");

/// Returns the messages of a turn: the questions, and after the first turn the last output with what
/// it led to. Nothing older is in them.
pub fn messages(options: &Options, questions: &str, before: Option<&Before>) -> Vec<Message> {
    let instructions = options.instruction.as_deref().unwrap_or(AGENT).trim_end();
    let mut messages = vec![Message::new("user", format!("{instructions}\n{questions}"))];
    let Some(Before { said, information }) = before else {
        return messages;
    };
    let information = format!("<information>\n{information}\n</information>");
    match options.begun {
        true => messages.push(Message::new(
            "assistant",
            format!("{said}\n{information}\n"),
        )),
        false => {
            messages.push(Message::new("assistant", said));
            messages.push(Message::new("user", information));
        }
    }
    messages
}
