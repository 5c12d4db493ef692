//! The messages of a prompt.

use memloom_sdk::host::Message;

use crate::options::{Calls, Options};

const AGENT: &str = include_str!("prompts/agent.md");
const FOLD: &str = include_str!("prompts/fold.md");
const JSON: &str = include_str!("prompts/json.md");
const JSON_FOLD: &str = include_str!("prompts/json_fold.md");
const TOOLS: &str = include_str!("prompts/tools.md");

/// The state of a task that a prompt shows.
pub struct Shown<'a> {
    /// The questions.
    pub questions: &'a str,
    /// The records, as the bank renders them; empty if there are none.
    pub records: &'a str,
    /// The outcome of a call that left no record; empty if there is none.
    pub note: &'a str,
}

/// Returns the messages: instructions with the form of calls, and the task with its records.
pub fn messages(options: &Options, shown: &Shown<'_>) -> Vec<Message> {
    let records = match shown.records {
        "" => "(none)",
        records => records,
    };
    let parts = [
        format!("Questions:\n{}", shown.questions),
        format!("Records:\n{records}"),
        shown.note.into(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    vec![
        Message::new("system", instructions(options)),
        Message::new("user", parts.join("\n\n")),
    ]
}

fn instructions(options: &Options) -> String {
    let own = options.instruction.as_deref().unwrap_or(AGENT).trim_end();
    let fold = options.fold.then_some(FOLD.trim_end());
    let form = match (options.calls, options.fold) {
        (Calls::Tools, _) => TOOLS.trim_end().into(),
        (Calls::Json, false) => JSON.trim_end().into(),
        (Calls::Json, true) => format!("{}\n{}", JSON.trim_end(), JSON_FOLD.trim_end()),
    };
    let parts = [Some(own), fold, Some(&*form)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Returns the hint that the context is full to this number of tokens.
pub fn hint(tokens: u32, options: &Options, is_required: bool) -> String {
    let most = options.budget_tokens;
    let advice = match is_required {
        true => "Fold records now, or answer: nothing else is done.",
        false => "Fold records that are no longer needed.",
    };
    format!("The context has {tokens} of {most} tokens. {advice}")
}
