//! The end of a task: what came of it is told to the bank, and the task is kept.

use memloom_sdk::acting::Sitting;
use memloom_sdk::types::{Error, Task};

use crate::means::{Goal, Means};
use crate::options::{Memory, Store};
use crate::reflector::reflect;
use crate::shown::Shown;
use crate::story::story;

/// The sum of rewards from which on a task is a success: 1, but for what rounding loses.
const SUCCESS: f32 = 0.999;

/// Counts the use of the experiences that are shown, and keeps the task as one, if it is to be kept
/// and something was done in it.
///
/// # Errors
/// If the model fails.
pub fn keep(
    means: &mut Means<'_>,
    task: &Task,
    sitting: &Sitting,
    shown: &Shown,
    goal: Goal,
) -> Result<(), Error> {
    let options = means.options;
    if options.memory == Memory::None {
        return Ok(());
    }
    let has_succeeded = sitting.reward() >= SUCCESS;
    let reward = sitting.reward().clamp(0.0, 1.0);
    means.used(shown, &goal, reward);
    let story = story(sitting, options.form(), options.experience_words);
    if story.is_empty() || options.store == Store::Success && !has_succeeded {
        return Ok(());
    }
    let outcome = if has_succeeded { "success" } else { "failure" };
    let written = match options.reflect {
        true => reflect(means, task, &story, outcome)?,
        false => None,
    };
    let fields = [
        ("plan", written.unwrap_or(story)),
        ("outcome", outcome.into()),
        ("score", reward.to_string()),
        ("steps", sitting.acts().to_string()),
    ];
    means.insert(goal, fields);
    Ok(())
}
