//! A task under grammars: the planner chooses a case, and the executor acts with it in view.

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::played::Played;
use crate::shown::Shown;
use crate::{executor, planner, prompts};

/// Plays a task until it is over.
///
/// # Errors
/// If the model or the host fails, or if the task lists no actions.
pub fn play(means: &mut Means<'_>, task: &Task, shown: &Shown) -> Result<Played, Error> {
    let mut played = Played::new(Sitting::new(task.clone(), means.options.rules()));
    let chosen = planner::choose(means, task, shown)?;
    let followed = chosen.and_then(|number| shown.success(number));
    played.followed.extend(followed.map(|case| case.id.clone()));
    let sitting = &mut played.sitting;
    while !sitting.is_over() {
        if sitting.form() == Form::Text {
            return Err(Error::Unsupported(format!(
                "casebook chooses among listed actions where outputs are constrained, and session {} \
                 lists none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        let messages = prompts::act(&task.instruction, followed, sitting);
        executor::act(means, sitting, messages)?;
    }
    Ok(played)
}
