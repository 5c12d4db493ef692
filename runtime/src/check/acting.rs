//! Checks of an environment's task sessions.

use super::generators::huge;
use super::report::{Fault, lenient, refused, survived};
use crate::environment::Environment;
use crate::types::{Error as Refusal, Observation, SessionContent, Task};

/// Most sessions of an episode that are checked.
pub(crate) const SESSIONS: u32 = 40;
/// Most actions in a task that has no budget of steps.
const MOST_ACTIONS: u32 = 200;

/// Returns whether an episode has a task session.
pub(crate) fn has_tasks(environment: &mut Environment, split: &str, index: u64) -> bool {
    let mut tasks = || {
        let sessions = environment.open(split, index, 0)?.sessions.min(SESSIONS);
        for session in 1..=sessions {
            if let SessionContent::Task(_) = environment.session(session)? {
                return Ok(true);
            }
        }
        Ok::<_, crate::Error>(false)
    };
    tasks().unwrap_or(false)
}

/// Plays the tasks of an episode to their ends, and checks the rules of acting.
pub(crate) fn tasks(environment: &mut Environment, split: &str, index: u64) -> Result<(), Fault> {
    let sessions = environment.open(split, index, 0)?.sessions.min(SESSIONS);
    for session in 1..=sessions {
        let at = |call: &str| format!("{call} in session {session} of {split}/{index}");
        match environment.session(session)? {
            SessionContent::Dialogue(_) => {
                refused(at("act"), environment.act("look"))?;
                refused(at("advise"), environment.advise("expert", 1))?;
            }
            SessionContent::Task(task) => {
                let unknown = refused(at("advise(\"no such\")"), environment.advise("no such", 1))?;
                if !matches!(unknown, Refusal::Unknown(_) | Refusal::Unsupported(_)) {
                    let what = "was not refused as unknown";
                    let advice = "refuse unknown demonstrators as unknown";
                    return Err(Fault::new(at("advise(\"no such\")"), what, advice));
                }
                let before = environment.snapshot()?;
                let (actions, seen) = play(environment, &task, &at("act"))?;
                refused(at("act after the end"), environment.act("look"))?;
                survived(at("advise after the end"), environment.advise("expert", 1))?;
                environment.restore(&before)?;
                again(environment, &actions, &seen, &at("act after `restore`"))?;
                environment.session(session)?;
                for action in ["", "no such action", &huge()] {
                    survived(at("act"), environment.act(action))?;
                }
                environment.restore(&before)?;
                again(environment, &actions, &seen, &at("act after `restore`"))?;
            }
        }
    }
    // The host itself checks the rewards' range.
    for question in environment.questions()? {
        if question.is_silent() {
            environment.score(&question.id, &crate::types::Answer::empty())?;
        }
    }
    Ok(())
}

/// Plays a task by an expert's advice, where there is some, or else by the listed actions.
fn play(
    environment: &mut Environment,
    task: &Task,
    at: &str,
) -> Result<(Vec<String>, Vec<Observation>), Fault> {
    let (mut actions, mut seen) = (Vec::new(), Vec::new());
    let mut listed = task.actions.clone();
    let budget = if task.steps == 0 {
        MOST_ACTIONS
    } else {
        task.steps
    };
    for step in 0..budget {
        let advice = lenient(environment.advise("expert", 1))?;
        if advice.is_some() && lenient(environment.advise("expert", 1))? != advice {
            let advice = "derive it from the seed and the state";
            return Err(Fault::new(
                at,
                "other advice for the same seed and state",
                advice,
            ));
        }
        let turn = step as usize % listed.len().max(1);
        let action = advice.or_else(|| listed.get(turn).cloned());
        let action = action.unwrap_or_else(|| "look".into());
        let observation = environment.act(&action)?;
        let done = observation.done;
        listed.clone_from(&observation.actions);
        actions.push(action);
        seen.push(observation);
        if done {
            return Ok((actions, seen));
        }
    }
    match task.steps {
        0 => Ok((actions, seen)),
        steps => Err(Fault::new(
            at,
            format!("the task is not over after its {steps} steps"),
            "set `done` with the last action of the budget",
        )),
    }
}

/// Repeats actions, which must have the same observations.
fn again(
    environment: &mut Environment,
    actions: &[String],
    seen: &[Observation],
    at: &str,
) -> Result<(), Fault> {
    for (action, before) in actions.iter().zip(seen) {
        let now = environment.act(action)?;
        if now != *before {
            let what = format!(
                "{action:?} gave {:?}, and before {:?}",
                now.text, before.text
            );
            let advice = "let an observation depend only on the state and the action";
            return Err(Fault::new(at, what, advice));
        }
    }
    Ok(())
}
