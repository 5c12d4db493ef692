//! The built-in instructions of text prompts, and the phrases in the place of what there is not.

use crate::options::Options;

const READER: &str = include_str!("prompts/reader.md");
const ANSWERER: &str = include_str!("prompts/answerer.md");
const BOXED: &str = include_str!("prompts/boxed.md");
const LABELLED: &str = include_str!("prompts/labelled.md");

/// The memory in prompts and outputs where there is none.
pub const NO_MEMORY: &str = "No memory yet.";

/// The problem in prompts where there is none, in a dialogue.
const NO_PROBLEM: &str = "Not known yet. Keep what may be asked about later.";

/// Returns the reader's instructions for text prompts.
pub fn reader(options: &Options) -> String {
    let own = options.reader_prompt.as_deref();
    own.unwrap_or(READER).trim_end().into()
}

/// Returns the answerer's instructions for text prompts, with the form of an answer.
pub fn answerer(options: &Options) -> String {
    let own = options.answerer_prompt.as_deref();
    let form = if options.boxed { BOXED } else { LABELLED };
    let instructions = own.unwrap_or(ANSWERER).trim_end();
    format!("{instructions}\n\n{}", form.trim_end())
}

/// Returns a memory, or the phrase for none.
pub fn memory(text: &str) -> &str {
    if text.is_empty() { NO_MEMORY } else { text }
}

/// Returns a problem, or the phrase for none.
pub fn problem(text: &str) -> &str {
    if text.is_empty() { NO_PROBLEM } else { text }
}
