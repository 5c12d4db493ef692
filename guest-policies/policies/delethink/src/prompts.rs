//! The instructions, and the messages of a prompt.

use memloom_sdk::host::Message;

use crate::options::Options;

/// The built-in instructions of text prompts.
const THINKER: &str = include_str!("prompts/thinker.md");

/// Returns the messages of a chunk: the instructions, if there are any, the question, and the reply
/// that was begun.
pub fn messages(options: &Options, question: &str, begun: String) -> Vec<Message> {
    let instructions = match (&options.instruction, options.constrained) {
        (Some(own), _) => Some(own.as_str()),
        (None, true) => None,
        (None, false) => Some(THINKER.trim_end()),
    };
    let system = instructions.map(|text| Message::new("system", text));
    let begun = Some(begun).filter(|begun| !begun.is_empty());
    let reply = begun.map(|begun| Message::new("assistant", begun));
    let question = Message::new("user", question);
    system.into_iter().chain([question]).chain(reply).collect()
}
