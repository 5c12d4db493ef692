//! Tasks, act by act: plan, do the first step, plan anew.

use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::plan::choose;
use crate::story::{State, Step};

/// The sum of rewards from which on a task is solved: 1, but for what rounding loses.
const SOLVED: f32 = 0.999;

/// A task that was played.
pub struct Played {
    /// The steps that were done.
    pub done: Vec<Step>,
    /// The sum of rewards.
    pub reward: f32,
}

impl Played {
    /// Returns whether the task was solved.
    pub fn is_solved(&self) -> bool {
        self.reward >= SOLVED
    }
}

/// Plays a task to its end, or until all acts are used up. An action that the environment refuses is an
/// act that changes nothing, and the reason is what comes of it.
///
/// # Errors
/// If the model or the host fails, or if actions are to be chosen and the task lists none.
pub fn play(means: &mut Means<'_>, task: &Task, lessons: &[String]) -> Result<Played, Error> {
    let most = match task.steps {
        0 => means.options.acts,
        steps => means.options.acts.min(steps),
    };
    let mut listed = task.actions.clone();
    let mut played = Played {
        done: Vec::new(),
        reward: 0.0,
    };
    for _ in 0..most {
        if means.options.constrained && listed.is_empty() {
            return Err(Error::Unsupported(format!(
                "rafa chooses among listed actions where outputs are constrained, and session {} lists \
                 none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        let state = State {
            instruction: &task.instruction,
            lessons,
            done: &played.done,
            imagined: &[],
        };
        let action = choose(means, state, &listed)?.unwrap_or_default();
        means.report.operation("act");
        let (seen, is_over) = match means.host.act(&action) {
            Ok(seen) => {
                played.reward += seen.reward;
                listed = seen.actions;
                (seen.text, seen.done)
            }
            Err(Error::Invalid(why) | Error::Unknown(why)) => (why, false),
            Err(error) => return Err(error),
        };
        played.done.push(Step { action, seen });
        if is_over {
            break;
        }
    }
    Ok(played)
}
