//! The scribe, which writes one lesson after a task.

use memloom_sdk::acting::{Sitting, labelled};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::{first_words, word_count};
use memloom_sdk::types::{Error, Task};

use crate::prompts;
use crate::writing::Writing;

/// The scribe's role.
pub const SCRIBE: &str = "scribe";

/// The label of the line with the lesson.
const LABEL: &str = "lesson:";
/// The tokens of the label and the end, at most.
const LABEL_TOKENS: u32 = 8;

/// The most words of what happened that the scribe is shown.
const STORY_WORDS: usize = 1000;

/// Asks for a lesson about a task; none if the scribe has none, or cannot be understood.
///
/// # Errors
/// If the model fails.
pub fn lesson(
    writing: &mut Writing,
    task: &Task,
    sitting: &Sitting,
) -> Result<Option<String>, Error> {
    let options = writing.options;
    let words = options.lesson_words;
    let tokens = u32::try_from(words.saturating_mul(2)).unwrap_or(u32::MAX);
    let demonstrated = format!("{}: {}", task.instruction, actions(sitting));
    let request = Request {
        demonstration: Some(format!("{LABEL} {}", first_words(&demonstrated, words))),
        ..Request::new(
            SCRIBE,
            vec![
                Message::new(
                    "system",
                    prompts::with_thoughts(prompts::LESSON, options.thoughts),
                ),
                Message::new("user", story(task, sitting)),
            ],
            options.text_tokens(tokens.saturating_add(LABEL_TOKENS)),
        )
    };
    writing.report.step();
    let output = writing.host.generate(&request)?.text;
    let Some(said) = labelled(&output, LABEL) else {
        let session = writing.at.session;
        writing.report.malformed_output(session, SCRIBE, &output);
        return Ok(None);
    };
    let is_none = said.trim_end_matches('.').eq_ignore_ascii_case("none");
    Ok((!is_none).then(|| first_words(said, words)))
}

/// Returns the actions in order.
pub fn actions(sitting: &Sitting) -> String {
    let actions = sitting
        .turns()
        .iter()
        .map(|turn| first_words(&turn.action, usize::MAX));
    actions.collect::<Vec<_>>().join("; ")
}

/// Returns what happened in a task: the last acts, as many as the words allow.
fn story(task: &Task, sitting: &Sitting) -> String {
    let mut left = STORY_WORDS;
    let mut turns: Vec<String> = Vec::new();
    for turn in sitting.turns().iter().rev() {
        let turn = format!("> {}\n{}", turn.action, turn.shown);
        let Some(rest) = left.checked_sub(word_count(&turn)) else {
            turns.push("(earlier acts not shown)".into());
            break;
        };
        left = rest;
        turns.push(turn);
    }
    turns.reverse();
    let ended = match sitting.is_done() {
        true => "The task has ended.",
        false => "The task has not ended.",
    };
    format!(
        "Task: {}\n{}\n{ended} Sum of the rewards: {}.",
        task.instruction,
        turns.join("\n"),
        sitting.reward()
    )
}
