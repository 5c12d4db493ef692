//! The instructions of the roles: built-in ones, or those of a run file.

use crate::options::Options;

/// Returns the summariser's instructions.
pub fn summariser(options: &Options) -> &str {
    let own = options.summariser_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/summariser.md"))
        .trim_end()
}

/// Returns the merger's instructions.
pub fn merger(options: &Options) -> &str {
    let own = options.merger_prompt.as_deref();
    own.unwrap_or(include_str!("prompts/merger.md")).trim_end()
}

/// Returns the answerer's instructions, with the form of its citations.
pub fn answerer(options: &Options) -> String {
    let own = options.answerer_prompt.as_deref();
    let rules = own
        .unwrap_or(include_str!("prompts/answerer.md"))
        .trim_end();
    let form = match options.constrained {
        true => include_str!("prompts/json.md"),
        false => include_str!("prompts/citations.md"),
    };
    format!("{rules}\n\n{}", form.trim_end())
}
