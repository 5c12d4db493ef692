//! The end of a task: what came of it is told to the bank, and the task is kept.

use memloom_sdk::acting::cases::{Goal, outcome};
use memloom_sdk::acting::{Sitting, story};
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::options::{Memory, Store};
use crate::reflector::reflect;
use crate::shown::Shown;

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
    means.used(shown, &goal, sitting);
    let story = story(sitting, &[], options.form(), options.experience_words);
    let outcome = outcome(sitting);
    if story.is_empty() || options.store == Store::Success && outcome != "success" {
        return Ok(());
    }
    let written = match options.reflect {
        true => reflect(means, task, &story, outcome)?,
        false => None,
    };
    means.insert(goal, written.unwrap_or(story), sitting);
    Ok(())
}
