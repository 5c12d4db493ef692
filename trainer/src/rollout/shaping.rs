//! The operations that each output led to, and what they are worth by themselves (Mem-alpha, arXiv
//! 2509.25911): the step shaping of `credit = "step"`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use memloom_runtime::Event;
use memloom_runtime::types::{Error as Refusal, Operation};

use crate::clients::Judge;

/// The judge's instruction for operations.
const PLACEMENT: &str = include_str!("placement.md");

/// The shares of an output's operations that were good; 0 where it led to none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// The share that the bank took as new.
    pub accepted: f64,
    /// The share that the judge finds well placed.
    pub judged: f64,
}

/// The shares of outputs, by session and number in the session.
pub type Shaped = BTreeMap<(u32, u32), Shares>;

/// Returns the shares of the outputs in an episode's events. `known` are the ids of the entries
/// that the bank has at their beginning; an insertion that gives a known one is not new. `judge`
/// returns 1 for an operation that is well placed.
///
/// # Errors
/// Fails if the judge does.
pub fn shares(
    events: &[Event],
    mut known: BTreeSet<String>,
    judge: impl Fn(&Operation) -> Result<f64>,
) -> Result<Shaped> {
    let mut sums: BTreeMap<(u32, u32), (f64, Shares)> = BTreeMap::new();
    let mut output = None;
    for event in events {
        match event {
            Event::Generate { call, .. } if call.question.is_none() => {
                output = Some((call.session, call.step));
            }
            Event::Apply {
                at,
                operations,
                results,
            } => {
                // What a policy writes before a session's first output is nobody's.
                let output = output.filter(|(session, _)| *session == at.session);
                for (operation, result) in operations.iter().zip(results) {
                    let is_new = is_new(operation, result, &mut known);
                    let Some(output) = output else { continue };
                    let (count, shares) = sums.entry(output).or_default();
                    *count += 1.0;
                    shares.accepted += f64::from(u8::from(is_new));
                    shares.judged += judge(operation)?;
                }
            }
            _ => {}
        }
    }
    let share = |(output, (count, sum)): (_, (f64, Shares))| {
        let shares = Shares {
            accepted: sum.accepted / count,
            judged: sum.judged / count,
        };
        (output, shares)
    };
    Ok(sums.into_iter().map(share).collect())
}

/// Returns whether the bank took an operation, and an insertion as a new entry.
fn is_new(
    operation: &Operation,
    result: &Result<String, Refusal>,
    known: &mut BTreeSet<String>,
) -> bool {
    let Ok(id) = result else { return false };
    let first = known.insert(id.clone());
    first || !matches!(operation, Operation::Insert(_))
}

/// Returns the descriptions of a bank's operations, as its policy has read them.
pub fn schema(events: &[Event]) -> String {
    let schemas = events.iter().filter_map(|event| match event {
        Event::Schema(schema) => Some(schema),
        _ => None,
    });
    let operations = schemas.take(1).flat_map(|schema| &schema.operations);
    let lines = operations.map(|it| format!("{}: {}", it.name, it.description));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns 1 if a judge finds an operation well placed among those that a bank's schema names, else
/// 0. A deletion, which has no text, is well placed.
///
/// # Errors
/// Fails if the judge does.
pub fn placed(judge: &Judge, schema: &str, operation: &Operation) -> Result<f64> {
    let made = match operation {
        Operation::Insert(new) => format!("insert: {}", new.text),
        Operation::Update(new) => format!("update: {}", new.text),
        Operation::Custom(own) => format!("{}: {}", own.name, own.arguments),
        Operation::Delete(_) => return Ok(1.0),
    };
    let label = judge.label_by(PLACEMENT, schema, &made);
    label
        .map(f64::from)
        .with_context(|| format!("judging the operation {made:?}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use memloom_runtime::types::{Moment, Request};
    use memloom_runtime::{Completion, GenerateCall};

    use super::*;

    fn says(session: u32, step: u32) -> Event {
        Event::Generate {
            call: GenerateCall {
                request: Request::new("writer", Vec::new(), 1),
                session,
                step,
                question: None,
            },
            result: Ok(Completion::of_text("")),
        }
    }

    fn apply(
        session: u32,
        operations: Vec<Operation>,
        results: Vec<Result<&str, Refusal>>,
    ) -> Event {
        Event::Apply {
            at: Moment {
                session,
                time: "May".into(),
            },
            operations,
            results: results.into_iter().map(|id| id.map(String::from)).collect(),
        }
    }

    fn insert(text: &str) -> Operation {
        Operation::insert(text, "", Vec::new())
    }

    #[test]
    fn an_output_has_the_operations_that_follow_it() {
        let unknown = || Err(Refusal::Unknown("9".into()));
        let events = [
            // By the policy itself, before any output.
            apply(1, vec![insert("a")], vec![Ok("1")]),
            says(1, 0),
            apply(
                1,
                // A known text, a new one, an update, and one of an unknown entry.
                vec![
                    insert("a"),
                    insert("b"),
                    Operation::update("1", "c", Vec::new()),
                    Operation::update("9", "d", Vec::new()),
                ],
                vec![Ok("1"), Ok("2"), Ok("1"), unknown()],
            ),
            says(1, 1),
            // By the policy itself, in the session after the last output's.
            apply(2, vec![insert("e")], vec![Ok("5")]),
            says(2, 0),
            apply(2, vec![Operation::Delete("2".into())], vec![Ok("2")]),
        ];
        let judge = |operation: &Operation| match operation {
            Operation::Insert(new) => Ok(f64::from(u8::from(new.text == "b"))),
            _ => Ok(1.0),
        };
        let shaped = shares(&events, BTreeSet::new(), judge).unwrap();
        let half = Shares {
            accepted: 0.5,
            judged: 0.75,
        };
        let whole = Shares {
            accepted: 1.0,
            judged: 1.0,
        };
        assert_eq!(shaped, BTreeMap::from([((1, 0), half), ((2, 0), whole)]));
        let old = shares(&events[..3], BTreeSet::from(["2".into()]), judge).unwrap();
        assert_eq!(old[&(1, 0)].accepted, 0.25);
    }
}
