//! The actor, which plays a task.

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::shown::Shown;
use crate::step;

/// Plays a task to its end, or to a step without an act.
///
/// # Errors
/// If the model or the host fails, or if actions are to be chosen and the task lists none.
pub fn play(means: &mut Means<'_>, task: &Task, shown: &mut Shown) -> Result<Sitting, Error> {
    let mut sitting = Sitting::new(task.clone(), means.options.rules());
    while !sitting.is_over() {
        if means.options.constrained && sitting.form() == Form::Text {
            return Err(Error::Unsupported(format!(
                "remem chooses among listed actions where outputs are constrained, and session {} \
                 lists none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        if !step::act(means, task, shown, &mut sitting)? {
            break;
        }
    }
    for _ in sitting.turns() {
        means.report.operation("act");
    }
    Ok(sitting)
}
