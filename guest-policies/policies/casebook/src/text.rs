//! A task as text: plans in cycles, and their steps.

use memloom_sdk::acting::{Begun, Sitting};
use memloom_sdk::types::{Error, Task};

use crate::means::Means;
use crate::plan::{Output, Plan};
use crate::played::Played;
use crate::shown::Shown;
use crate::{executor, planner, prompts};

/// Plays a task: up to `cycles` plans, each carried out step by step, until the task is over. Where a
/// plan is malformed the task is tried without one.
///
/// # Errors
/// If the model or the host fails.
pub fn play(means: &mut Means<'_>, task: &Task, shown: &Shown) -> Result<Played, Error> {
    let mut played = Played::new(Sitting::new(task.clone(), means.options.rules()));
    let mut done = Vec::new();
    for _ in 0..means.options.cycles {
        if played.sitting.is_over() {
            break;
        }
        match planner::plan(means, task, shown, &done.join("\n"))? {
            Some(Output::Plan(plan)) => {
                follow(means, shown, &plan, &mut played);
                for step in plan.steps {
                    let step = step.description;
                    played.begun.push(Begun {
                        acts: played.sitting.turns().len(),
                        description: step.clone(),
                    });
                    let result = carry_out(means, task, Some(&step), &mut played.sitting)?;
                    done.push(format!("{step}: {}", result.unwrap_or_default()));
                }
            }
            Some(Output::Answer(answer)) => {
                tell(means, task, &answer, &mut played.sitting)?;
                break;
            }
            None => {
                carry_out(means, task, None, &mut played.sitting)?;
                break;
            }
        }
    }
    Ok(played)
}

/// Notes the cases that a plan follows. Numbers of no case are refused.
fn follow(means: &mut Means<'_>, shown: &Shown, plan: &Plan, played: &mut Played) {
    for &number in &plan.cases {
        match shown.success(number) {
            Some(case) if played.followed.contains(&case.id) => {}
            Some(case) => played.followed.push(case.id.clone()),
            None => means.report.refused(1),
        }
    }
}

/// Acts until the task is over or the result of the step is told.
fn carry_out(
    means: &mut Means<'_>,
    task: &Task,
    step: Option<&str>,
    sitting: &mut Sitting,
) -> Result<Option<String>, Error> {
    while !sitting.is_over() {
        let messages = prompts::executor(&task.instruction, step, sitting);
        if let Some(result) = executor::act(means, sitting, messages)? {
            return Ok(Some(result));
        }
    }
    Ok(None)
}

/// Answers the task, if the action can be taken.
fn tell(
    means: &mut Means<'_>,
    task: &Task,
    answer: &str,
    sitting: &mut Sitting,
) -> Result<(), Error> {
    let said = format!("action: answer {answer}");
    match sitting.reads(&said) {
        true => sitting.take(means.host, &said).map(drop),
        false => {
            means
                .report
                .malformed_output(task.index, planner::PLANNER, answer);
            Ok(())
        }
    }
}
