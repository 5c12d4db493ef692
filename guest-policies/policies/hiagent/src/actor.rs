//! The actor, which plays a task subgoal by subgoal.

use memloom_sdk::host::Request;
use memloom_sdk::text::sentences;
use memloom_sdk::types::{Error, Task};

use crate::choice::Choice;
use crate::decision::{Decision, advised};
use crate::prompts::{self, Asked};
use crate::records::Records;
use crate::{output, summariser};

/// The actor's role.
pub const ACTOR: &str = "actor";

/// The note after an output without an action.
const NO_ACTION: &str = "The last reply had no action that can be read.";

/// Plays a task to its end, or until all outputs are used up.
///
/// # Errors
/// If the model or the host fails, or if actions are to be chosen and the task lists none.
pub fn play(records: &mut Records<'_>, task: &Task) -> Result<(), Error> {
    let goal = task.instruction.trim().lines().next().unwrap_or_default();
    let goals: Vec<&str> = sentences(goal).collect();
    let mut actions = task.actions.clone();
    let (mut retrieved, mut note) = (None, String::new());
    for _ in 0..records.options.steps {
        let shown = records.shown(retrieved.take());
        let asked = Asked {
            instruction: &task.instruction,
            shown: &shown,
            note: &std::mem::take(&mut note),
        };
        let decided = match records.options.constrained {
            true if actions.is_empty() => {
                return Err(Error::Unsupported(format!(
                    "hiagent chooses among listed actions where outputs are constrained, and session \
                     {} lists none: let the environment list them, or leave `constrained` out",
                    task.index
                )));
            }
            true => choose(records, &asked, &goals, &actions)?,
            false => write(records, &asked, &goals)?,
        };
        records.report.step();
        match decided {
            Err(output) => {
                let session = task.index;
                records.report.malformed_output(session, ACTOR, &output);
                note = NO_ACTION.into();
            }
            Ok(Decision::Retrieve(number)) => {
                records.report.operation("retrieve");
                match refusal(records, number) {
                    None => retrieved = Some(number),
                    Some(why) => {
                        records.report.refused(1);
                        note = why;
                    }
                }
            }
            Ok(Decision::Act { subgoal, action }) => {
                turn_to(records, subgoal, &goals)?;
                let seen = records.act(&action, &actions)?;
                if seen.done {
                    return Ok(());
                }
                actions = seen.actions;
            }
        }
    }
    Ok(())
}

/// Asks for an output as text. The inner error is an output that cannot be read.
fn write(
    records: &mut Records<'_>,
    asked: &Asked<'_>,
    goals: &[&str],
) -> Result<Result<Decision, String>, Error> {
    let demonstration = demonstrated(records, goals).as_ref().map(output::write);
    let output = records.host.generate(&Request {
        demonstration,
        stop: vec![output::STOP.into()],
        ..Request::new(
            ACTOR,
            prompts::actor(records.options, asked),
            records.options.output_tokens,
        )
    })?;
    Ok(output::parse(&output.text).ok_or(output.text))
}

/// Asks for an output under a grammar. The inner error is an output that cannot be read.
fn choose(
    records: &mut Records<'_>,
    asked: &Asked<'_>,
    goals: &[&str],
    actions: &[String],
) -> Result<Result<Decision, String>, Error> {
    let named = goals.iter().copied().filter(|_| records.options.summarise);
    let subgoals: Vec<&str> = named.filter(|goal| records.open() != Some(goal)).collect();
    let finished = records.named() - u32::from(records.open().is_some());
    let choice = Choice {
        goes_on: records.open().is_some() || subgoals.is_empty(),
        subgoals,
        retrievable: match records.options.retrieve {
            true => finished,
            false => 0,
        },
        actions,
    };
    let demonstrated = demonstrated(records, goals);
    let output = records.host.generate(&Request {
        grammar: Some(choice.grammar()),
        demonstration: demonstrated.and_then(|decision| choice.output(&decision)),
        ..Request::new(
            ACTOR,
            prompts::small_actor(records.options, asked),
            choice.most_words() + 1,
        )
    })?;
    Ok(choice.parse(&output.text).ok_or(output.text))
}

/// Returns the decision that a demonstrator's advice comes to.
fn demonstrated(records: &mut Records<'_>, goals: &[&str]) -> Option<Decision> {
    let advice = records.host.advise()?;
    let decision = advised(&advice, goals, records.open())?;
    Some(match decision {
        Decision::Act { action, .. } if !records.options.summarise => Decision::Act {
            subgoal: None,
            action,
        },
        decision => decision,
    })
}

/// Turns to a subgoal, if there is one and it is not the open one: that is summed up and closed.
fn turn_to(
    records: &mut Records<'_>,
    subgoal: Option<String>,
    goals: &[&str],
) -> Result<(), Error> {
    let new = subgoal.filter(|subgoal| records.open() != Some(subgoal));
    match new.filter(|_| records.options.summarise) {
        None => Ok(()),
        Some(subgoal) => {
            summariser::close(records, goals)?;
            records.begin(&subgoal)
        }
    }
}

/// Returns the reason why the acts for a subgoal cannot be shown once more; none if they can.
fn refusal(records: &Records<'_>, number: u32) -> Option<String> {
    let exists = (1..=records.named()).contains(&number);
    match (records.options.retrieve, exists) {
        (true, true) => None,
        (true, false) => Some(format!("Retrieve: there is no subgoal {number}.")),
        (false, _) => Some("Retrieve: there is no such reply.".into()),
    }
}
