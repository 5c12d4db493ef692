//! Counterfactual replay: an episode without one of its operations, or with another in
//! its place.

use serde::Serialize;

use super::{ReplayRun, same};
use crate::error::Error;
use crate::event::Event;
use crate::host::OperationOverride;
use crate::store::snapshot::States;
use crate::store::snapshot_store::SnapshotStore;
use crate::trace::Trace;
use crate::trace::setup::LoadedSetup;
use crate::types::{Answer, Entry, Operation};

/// A change of one recorded operation.
///
/// ```
/// # use memloom_runtime::{DemonstrationModel, EpisodeSetup, Program, SetupFiles};
/// use memloom_runtime::{Edit, Event};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let setup = EpisodeSetup::from_files(SetupFiles {
/// #     bank: "../target/components/flat.wasm".as_ref(),
/// #     environment: "../target/components/chronicle.wasm".as_ref(),
/// #     policy: "../target/components/selector.wasm".as_ref(),
/// #     data: &[],
/// # })?;
/// # let loaded = setup.load()?;
/// # let program = Program {
/// #     split: "train",
/// #     index: 0,
/// #     horizon: 2,
/// #     demonstrator: Some(("expert", 1)),
/// #     from: None,
/// #     embedder: None,
/// # };
/// # let model = Box::new(DemonstrationModel);
/// # let (trace, result) = loaded.record(&program, model, &mut |_, _| Ok(()));
/// # result?;
/// // Leave out the first operation.
/// let first = trace.events.iter().position(|event| match event {
///     Event::Apply { operations, .. } => !operations.is_empty(),
///     _ => false,
/// });
/// let edit = Edit {
///     event: first.expect("an expert keeps something") + 1,
///     operation: 1,
///     instead: None,
/// };
/// let what_if = trace.what_if(&loaded, None, &edit)?;
/// let after = what_if.states.last().expect("the state after the last session");
/// assert!(after.entries.iter().any(|change| change.after.is_none()));
/// let (before, now) = what_if.rewards();
/// assert!(now <= before);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The number of its event, an [`Event::Apply`]; counted from 1.
    pub event: usize,
    /// Its number in the event; counted from 1.
    pub operation: usize,
    /// The operation that takes its place; with none it is left out.
    pub instead: Option<Operation>,
}

/// The effect of an [`Edit`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The event with the operation, as recorded.
    pub recorded: Event,
    /// The same event with the edit; none if the edited episode ended before it.
    pub edited: Option<Event>,
    /// Every recorded state, in order.
    pub states: Vec<StateChange>,
    /// Every scored answer, in order.
    pub questions: Vec<QuestionChange>,
    /// The number of model outputs that were repeated.
    pub outputs: usize,
    /// The number of these that answer another prompt than the recorded one.
    pub to_other_prompts: usize,
    /// The number of outputs that were not requested any more.
    pub unsaid: usize,
    /// The number of requests beyond the recorded ones, which got an error.
    pub unanswered: usize,
    /// The reason why the edited episode ended before the recorded one.
    pub stopped: Option<String>,
}

/// A state with and without the edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateChange {
    /// The number of the session before it; 0 before the first.
    pub session: u32,
    /// Its recorded names.
    pub before: States,
    /// Its names with the edit; none if the edited episode ended before.
    pub after: Option<States>,
    /// Entries of the bank that differ.
    pub entries: Vec<EntryChange>,
    /// The number of entries that differ only in their ids.
    pub renamed: usize,
}

/// An entry that differs, or exists only with or without the edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryChange {
    /// The recorded entry; none if it exists only with the edit.
    pub before: Option<Entry>,
    /// The entry with the edit; none if it exists only without.
    pub after: Option<Entry>,
}

/// An answer and its reward with and without the edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionChange {
    /// The question's id.
    pub question: String,
    /// The recorded answer.
    pub answer_before: Answer,
    /// The answer with the edit; none if the edited episode ended before.
    pub answer_after: Option<Answer>,
    /// The recorded reward, if there was one.
    pub before: Option<f32>,
    /// The reward with the edit, if there is one.
    pub after: Option<f32>,
}

impl WhatIf {
    /// Returns the sums of the rewards as recorded and with the edit, over the questions
    /// that have both.
    pub fn rewards(&self) -> (f64, f64) {
        let both = self
            .questions
            .iter()
            .filter_map(|question| Some((f64::from(question.before?), f64::from(question.after?))));
        both.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
    }
}

impl Trace {
    /// Runs the episode twice: as recorded, which must succeed, and with one operation
    /// changed on its way to the bank.
    ///
    /// The model's outputs stay as recorded: in every session and question the policy
    /// gets them in order, also if its prompts differ now. A policy that requests more
    /// outputs gets an error; most give up then, and the edited episode stops. For an
    /// operation that is left out the policy gets the recorded result.
    ///
    /// # Errors
    /// [`Error::Replay`] if there is no such operation, or if the episode differs from
    /// the trace even without the edit, and the errors of [`Trace::replay`].
    pub fn what_if(
        &self,
        setup: &LoadedSetup,
        states: Option<&SnapshotStore>,
        edit: &Edit,
    ) -> Result<WhatIf, Error> {
        let replacement = edit.operation_override(&self.events)?;
        let before = self.run_with(setup, states, None)?;
        let mut after = self.run_with(setup, states, Some(replacement))?;
        let mut changes = Vec::new();
        let mut others = after.states.into_iter();
        for ((session, _), (names, entries)) in self.states().zip(before.states) {
            let other = others.next();
            let (changed, renamed) = match &other {
                Some((_, after)) => compare(entries, after),
                None => (Vec::new(), 0),
            };
            changes.push(StateChange {
                session,
                before: names,
                after: other.map(|(names, _)| names),
                entries: changed,
                renamed,
            });
        }
        let mut others = after.scores.drain(..);
        let questions = before.scores.into_iter().map(|score| {
            let other = others.next();
            QuestionChange {
                question: score.question,
                answer_before: score.answer,
                before: score.reward,
                after: other.as_ref().and_then(|score| score.reward),
                answer_after: other.map(|score| score.answer),
            }
        });
        Ok(WhatIf {
            questions: questions.collect(),
            recorded: self.events[edit.event - 1].clone(),
            edited: after.edited,
            states: changes,
            outputs: after.outputs,
            to_other_prompts: after.to_other_prompts,
            unsaid: after.unsaid,
            unanswered: after.unanswered,
            stopped: after.stopped,
        })
    }
}

impl Edit {
    /// Returns the event's index, and the edit in the host's form.
    fn operation_override(&self, events: &[Event]) -> Result<(usize, OperationOverride), Error> {
        let refused = |why: String| Err(Error::Replay { why });
        let index = self.event.wrapping_sub(1);
        let Some(event) = events.get(index) else {
            let (event, last) = (self.event, events.len());
            return refused(format!(
                "there is no event {event} to edit: the trace has 1 to {last}"
            ));
        };
        let Event::Apply { results, .. } = event else {
            return refused(format!(
                "event {} applies no operations: {event}",
                self.event
            ));
        };
        let Some(recorded) = results.get(self.operation.wrapping_sub(1)) else {
            return refused(format!(
                "event {} has {} operations, counted from 1: there is no {}.{}",
                self.event,
                results.len(),
                self.event,
                self.operation
            ));
        };
        let is_apply = |event: &&Event| matches!(event, Event::Apply { .. });
        let replacement = OperationOverride {
            calls_before: events[..index].iter().filter(is_apply).count(),
            index: self.operation - 1,
            instead: self.instead.clone(),
            recorded_result: recorded.clone(),
        };
        Ok((index, replacement))
    }
}

/// The outcome of an episode, as far as it is compared.
#[derive(Default)]
struct EpisodeOutcome {
    states: Vec<(States, Vec<Entry>)>,
    scores: Vec<Scored>,
    edited: Option<Event>,
    outputs: usize,
    to_other_prompts: usize,
    unsaid: usize,
    unanswered: usize,
    stopped: Option<String>,
}

/// A scored answer.
struct Scored {
    question: String,
    answer: Answer,
    reward: Option<f32>,
}

impl Trace {
    /// Runs the episode, as recorded or with one operation changed.
    fn run_with(
        &self,
        setup: &LoadedSetup,
        states: Option<&SnapshotStore>,
        edit: Option<(usize, OperationOverride)>,
    ) -> Result<EpisodeOutcome, Error> {
        let mut outcome = EpisodeOutcome::default();
        let mut done = 0;
        let mut run = ReplayRun::new(self, setup, states)?;
        let edited = edit.map(|(event, replacement)| {
            run.episode.agent.host().operation_override = Some(replacement);
            event
        });
        run.each(|call| {
            if edited.is_none() {
                for (index, recorded) in call.recorded.iter().enumerate() {
                    if !same(Some(recorded), call.now.get(index))? {
                        let event = done + index + 1;
                        return Err(Error::Replay {
                            why: format!(
                                "event {event} differs from the recorded one even without the edit; \
                                 replay without an edit to see the difference"
                            ),
                        });
                    }
                }
            }
            if let Some(index) = edited.and_then(|event| event.checked_sub(done))
                && index < call.recorded.len()
            {
                outcome.edited = call.now.get(index).cloned();
            }
            done += call.recorded.len();
            match call.now.last() {
                Some(Event::Captured(names)) => {
                    // The query goes to a fork, so that it cannot change the bank.
                    let entries = call.episode.agent.host().bank.fork()?.entries()?;
                    outcome.states.push((names.clone(), entries));
                }
                Some(Event::Scored {
                    question,
                    answer,
                    result,
                }) => outcome.scores.push(Scored {
                    question: question.clone(),
                    answer: answer.clone(),
                    reward: result.as_ref().ok().map(|score| score.reward),
                }),
                _ => {}
            }
            outcome.stopped = failure(call.now.last());
            Ok(outcome.stopped.is_none())
        })?;
        // Counts the outputs of the last call that were not requested.
        run.model.prepare(&[]);
        let counts = run.model.outputs();
        outcome.outputs = counts.repeated;
        outcome.to_other_prompts = counts.to_other_prompts;
        outcome.unsaid = counts.unsaid;
        outcome.unanswered = counts.unanswered;
        drop(counts);
        Ok(outcome)
    }
}

/// Returns the error of a call of the host, if it failed.
fn failure(event: Option<&Event>) -> Option<String> {
    match event? {
        Event::Observed {
            session,
            result: Err(why),
            ..
        } => Some(format!("session {session}: {why}")),
        Event::Answered {
            question,
            result: Err(why),
        }
        | Event::Scored {
            question,
            result: Err(why),
            ..
        } => Some(format!("question {question}: {why}")),
        _ => None,
    }
}

/// Returns the entries that differ between two banks, and the number of those that
/// differ only in their ids.
fn compare(before: Vec<Entry>, after: &[Entry]) -> (Vec<EntryChange>, usize) {
    let mut after = after.to_vec();
    let mut take = |like: &dyn Fn(&Entry) -> bool| {
        let index = after.iter().position(like)?;
        Some(after.remove(index))
    };
    let mut left = before;
    left.retain(|entry| take(&|other| other == entry).is_none());
    let unequal = left.len();
    left.retain(|entry| {
        let but_for_the_id = |other: &Entry| {
            let id = entry.id.clone();
            *entry
                == Entry {
                    id,
                    ..other.clone()
                }
        };
        take(&but_for_the_id).is_none()
    });
    let renamed = unequal - left.len();
    let mut changes = Vec::new();
    for entry in left {
        changes.push(EntryChange {
            after: take(&|other| other.id == entry.id),
            before: Some(entry),
        });
    }
    changes.extend(after.into_iter().map(|entry| EntryChange {
        before: None,
        after: Some(entry),
    }));
    (changes, renamed)
}
