//! The end of a task: what came of it is told to the bank, and its plan is kept as a case.

use memloom_sdk::acting::cases::Goal;
use memloom_sdk::acting::story;

use crate::means::Means;
use crate::options::Memory;
use crate::played::Played;

/// Counts the use of the cases that were followed, and keeps the task as a case. A task that has not
/// ended has no score, so that nothing is written, and a task without a plan is no case.
pub fn keep(means: &mut Means<'_>, played: &Played, goal: Goal) {
    let options = means.options;
    let sitting = &played.sitting;
    if options.memory == Memory::None || !sitting.is_done() {
        return;
    }
    means.used(&played.followed, &goal, sitting);
    let has_plan = options.constrained || !played.begun.is_empty();
    if !has_plan || sitting.turns().is_empty() {
        return;
    }
    let plan = story(sitting, &played.begun, options.form(), options.plan_words);
    means.insert(goal, plan, sitting);
}
