//! The end of a task: what came of it is told to the bank, and its plan is kept as a case.

use crate::means::{Goal, Means};
use crate::options::Memory;
use crate::played::Played;
use crate::story::story;

/// The sum of rewards from which on a task is a success: 1, but for what rounding loses.
const SUCCESS: f32 = 0.999;

/// Counts the use of the cases that were followed, and keeps the task as a case. A task that has not
/// ended has no score, so that nothing is written, and a task without a plan is no case.
pub fn keep(means: &mut Means<'_>, played: &Played, goal: Goal) {
    let options = means.options;
    let sitting = &played.sitting;
    if options.memory == Memory::None || !sitting.is_done() {
        return;
    }
    let has_succeeded = sitting.reward() >= SUCCESS;
    let reward = sitting.reward().clamp(0.0, 1.0);
    means.used(&played.followed, &goal, reward);
    let has_plan = options.constrained || !played.begun.is_empty();
    if !has_plan || sitting.turns().is_empty() {
        return;
    }
    let plan = story(sitting, &played.begun, options.form(), options.plan_words);
    let outcome = if has_succeeded { "success" } else { "failure" };
    let fields = [
        ("plan", plan),
        ("outcome", outcome.into()),
        ("score", reward.to_string()),
        ("steps", sitting.acts().to_string()),
    ];
    means.insert(goal, fields);
}
