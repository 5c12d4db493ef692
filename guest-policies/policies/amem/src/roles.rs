//! The names of the roles, and the messages to them.

use memloom_sdk::host::Message;

/// The role that describes a turn.
pub const ANALYSER: &str = "analyser";
/// The role that links a note and rewrites its neighbours.
pub const EVOLVER: &str = "evolver";
/// The role that says by which words a question is looked up.
pub const KEYWORDS: &str = "keywords";
/// The role that answers a question from notes.
pub const ANSWERER: &str = "answerer";

/// Returns the messages to a role with instructions.
pub fn messages(instructions: &str, input: String) -> Vec<Message> {
    vec![
        Message::new("system", instructions),
        Message::new("user", input),
    ]
}

/// Returns the messages of a prompt of words, which has instructions only if a run file gives some.
pub fn short_messages(own: Option<&str>, input: String) -> Vec<Message> {
    let own = own.map(|own| Message::new("system", own.trim_end()));
    own.into_iter()
        .chain([Message::new("user", input)])
        .collect()
}
