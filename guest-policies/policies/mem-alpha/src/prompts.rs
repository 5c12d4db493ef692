//! The instructions of the roles: built-in ones, or those of a run file.

use crate::options::{Calls, Options};

/// Returns the writer's instructions, with the form of its calls; not for calls in words.
pub fn writer(options: &Options) -> String {
    let own = options.writer_prompt.as_deref();
    let rules = own.unwrap_or(include_str!("prompts/writer.md")).trim_end();
    match options.calls {
        Calls::Tools | Calls::Words => rules.into(),
        Calls::Json => format!("{rules}\n\n{}", include_str!("prompts/calls.md").trim_end()),
    }
}

/// Returns the reader's instructions.
pub fn reader(options: &Options) -> &str {
    let own = options.reader_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/reader.md")).trim_end()
}
