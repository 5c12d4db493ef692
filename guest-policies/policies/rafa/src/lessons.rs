//! Reflections on failed tasks, as cases in the bank: the task is the goal, the reflection the plan.

use memloom_sdk::bank::Query;
use memloom_sdk::text::first_words;
use memloom_sdk::types::{Entry, Error, Insertion, Operation};

use crate::actor::Played;
use crate::means::Means;
use crate::roles::reflector::reflect;
use crate::story::State;

/// The field with the reflection.
const PLAN: &str = "plan";

/// The options of a query for the latest reflections.
const LATEST: &str = r#"{"by":"recency","outcome":"failure"}"#;

/// Checks that the bank keeps cases, if reflections are written.
///
/// # Errors
/// `unsupported`, naming the bank.
pub fn check_bank(means: &mut Means<'_>) -> Result<(), Error> {
    if means.options.reflections == 0 {
        return Ok(());
    }
    let schema = means.host.schema();
    match schema.fields.iter().any(|name| name == PLAN) {
        true => Ok(()),
        false => Err(Error::Unsupported(format!(
            "rafa keeps reflections as cases, and entries of the bank {} have no field `{PLAN}`: use \
             cases, or set `reflections` to 0",
            schema.name
        ))),
    }
}

/// Returns the latest reflections, the last one last: on the same task, or where they are kept on like
/// ones.
///
/// # Errors
/// If the bank refuses the query.
pub fn look_up(means: &mut Means<'_>, instruction: &str) -> Result<Vec<String>, Error> {
    let most = means.options.reflections;
    if most == 0 {
        return Ok(Vec::new());
    }
    let found: Vec<Entry> = match means.options.keep {
        false => of_task(means, instruction),
        true => {
            let hits = means.host.retrieve(&Query {
                options: LATEST.into(),
                ..Query::new(instruction, most)
            })?;
            hits.into_iter().rev().map(|hit| hit.entry).collect()
        }
    };
    let from = found.len().saturating_sub(most as usize);
    Ok(found[from..].iter().map(reflection).collect())
}

/// Returns the entries on a task in order of insertion.
fn of_task(means: &mut Means<'_>, instruction: &str) -> Vec<Entry> {
    let goal = first_words(instruction, usize::MAX);
    let mut entries = means.host.entries();
    entries.retain(|entry| entry.text == goal);
    entries
}

fn reflection(entry: &Entry) -> String {
    let mut fields = entry.fields.iter();
    let plan = fields.find(|(name, _)| name == PLAN);
    plan.map_or_else(String::new, |(_, plan)| plan.clone())
}

/// Writes a reflection on a task that failed; deletes those on one that is solved, unless they are kept.
///
/// # Errors
/// If the model fails.
pub fn learn(
    means: &mut Means<'_>,
    instruction: &str,
    lessons: &[String],
    played: &Played,
) -> Result<(), Error> {
    if means.options.reflections == 0 || played.done.is_empty() {
        return Ok(());
    }
    if played.is_solved() {
        if !means.options.keep {
            let solved = of_task(means, instruction).into_iter();
            let deletions: Vec<Operation> = solved.map(|it| Operation::Delete(it.id)).collect();
            means.apply(&deletions);
        }
        return Ok(());
    }
    let state = State {
        instruction,
        lessons,
        done: &played.done,
        imagined: &[],
    };
    let Some(reflection) = reflect(means, &state)? else {
        return Ok(());
    };
    let fields = [
        (PLAN, reflection),
        ("outcome", "failure".into()),
        ("score", played.reward.clamp(0.0, 1.0).to_string()),
        ("steps", played.done.len().to_string()),
    ];
    let insertion = Insertion {
        fields: fields.map(|(name, value)| (name.into(), value)).into(),
        ..Insertion::new(instruction, "", vec![])
    };
    means.apply(&[Operation::Insert(insertion)]);
    Ok(())
}
