//! The built-in instructions of text prompts.

/// The actor's.
pub const ACTOR: &str = include_str!("prompts/actor.md");
/// The scribe's after a task.
pub const LESSON: &str = include_str!("prompts/lesson.md");
/// The scribe's after a conversation.
pub const KEEP: &str = include_str!("prompts/keep.md");
/// The actor's for a question.
pub const ANSWER: &str = include_str!("prompts/answer.md");

/// The line that is added where thoughts are allowed.
const THINK: &str = "Think first, in a few sentences.";

/// Returns instructions for a role that may think with so many tokens first.
pub fn with_thoughts(instructions: &str, thoughts: u32) -> String {
    let instructions = instructions.trim_end();
    match thoughts {
        0 => instructions.into(),
        _ => format!("{instructions}\n\n{THINK}"),
    }
}
