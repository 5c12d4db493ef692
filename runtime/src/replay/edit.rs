//! What one operation was good for: the episode without it, or with another in
//! its place.

use serde::Serialize;

use super::{Run, same};
use crate::error::Error;
use crate::trace::setup::Stage;
use crate::store::snapshot::States;
use crate::store::snapshot_store::SnapshotStore;
use crate::host::Amendment;
use crate::trace::{Event, Trace};
use crate::types::{Answer, Entry, Operation};

/// A change of one recorded operation.
///
/// ```
/// # use memloom_runtime::{DemonstrationModel, Files, Program, Setting};
/// use memloom_runtime::{Edit, Event};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let setting = Setting::of(Files {
/// #     bank: "../target/components/flat.wasm".as_ref(),
/// #     environment: "../target/components/chronicle.wasm".as_ref(),
/// #     policy: "../target/components/selector.wasm".as_ref(),
/// #     data: &[],
/// # })?;
/// # let stage = setting.stage()?;
/// # let program = Program {
/// #     split: "train",
/// #     index: 0,
/// #     horizon: 2,
/// #     demonstrator: Some(("expert", 1)),
/// #     from: None,
/// #     embedder: None,
/// # };
/// # let model = Box::new(DemonstrationModel);
/// # let (trace, lived) = stage.record(&program, model, &mut |_, _| Ok(()));
/// # lived?;
/// // What if the first thing that was written down had not been?
/// let first = trace.events.iter().position(|event| match event {
///     Event::Apply { operations, .. } => !operations.is_empty(),
///     _ => false,
/// });
/// let edit = Edit {
///     event: first.expect("an expert keeps something") + 1,
///     operation: 1,
///     instead: None,
/// };
/// let what_if = trace.what_if(&stage, None, &edit)?;
/// let after = what_if.states.last().expect("the state after the last session");
/// assert!(after.entries.iter().any(|change| change.after.is_none()));
/// let (before, now) = what_if.rewards();
/// assert!(now <= before);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The event with it, an [`Event::Apply`]; counted from 1.
    pub event: usize,
    /// Its place in the event; counted from 1.
    pub operation: usize,
    /// What is done in its place; none is nothing.
    pub instead: Option<Operation>,
}

/// What an [`Edit`] changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The event with the operation, as recorded.
    pub recorded: Event,
    /// The same event with the edit; none where the episode never came there.
    pub edited: Option<Event>,
    /// Every recorded state, in order.
    pub states: Vec<StateChange>,
    /// Every scored answer, in order.
    pub questions: Vec<QuestionChange>,
    /// Model outputs that were said again.
    pub outputs: usize,
    /// Those of them that answer another prompt than when they were recorded.
    pub to_other_prompts: usize,
    /// Outputs that nobody asked for any more.
    pub unsaid: usize,
    /// Requests beyond the recorded ones, which got an error.
    pub unanswered: usize,
    /// Why the edited episode ended before the recorded one.
    pub stopped: Option<String>,
}

/// A state with and without the edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateChange {
    /// The session before it; 0 before the first.
    pub session: u32,
    /// Its names as recorded.
    pub before: States,
    /// Its names with the edit; none where the edited episode had ended.
    pub after: Option<States>,
    /// Entries of the bank that differ.
    pub entries: Vec<EntryChange>,
    /// Entries that differ by nothing but their id.
    pub renamed: usize,
}

/// An entry that differs: in what it holds, or in that it exists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryChange {
    /// As recorded; none where it exists only with the edit.
    pub before: Option<Entry>,
    /// With the edit; none where it existed only without.
    pub after: Option<Entry>,
}

/// An answer and its reward with and without the edit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionChange {
    /// The question's id.
    pub question: String,
    /// The answer as recorded.
    pub answer_before: Answer,
    /// The answer with the edit; none where the edited episode had ended.
    pub answer_after: Option<Answer>,
    /// The reward as recorded; none where there was none.
    pub before: Option<f32>,
    /// The reward with the edit.
    pub after: Option<f32>,
}

impl WhatIf {
    /// Sums of the rewards as recorded and with the edit, over the questions
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
    /// Lives through the episode twice: as recorded, which must succeed, and with
    /// one operation changed on its way to the bank.
    ///
    /// What the model said stays as it was: in every session and question the
    /// policy is given the recorded outputs in order, also where its prompts are
    /// others now. A policy that asks for more outputs than were recorded gets an
    /// error, which most answer by giving up: then the edited episode has stopped.
    /// Of an operation that is left out the policy hears what was recorded.
    ///
    /// # Errors
    /// [`Error::Replay`] where there is no such operation, or where the episode
    /// does not go as recorded without the edit, and those of [`Trace::replay`].
    pub fn what_if(
        &self,
        stage: &Stage,
        states: Option<&SnapshotStore>,
        edit: &Edit,
    ) -> Result<WhatIf, Error> {
        let amendment = edit.amendment(&self.events)?;
        let before = self.account(stage, states, None)?;
        let mut after = self.account(stage, states, Some(amendment))?;
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
            to_other_prompts: after.to_others,
            unsaid: after.unsaid,
            unanswered: after.unanswered,
            stopped: after.stopped,
        })
    }
}

impl Edit {
    /// The event's place, and the edit as the host that relays operations
    /// understands it.
    fn amendment(&self, events: &[Event]) -> Result<(usize, Amendment), Error> {
        let refused = |why: String| Err(Error::Replay { why });
        let place = self.event.wrapping_sub(1);
        let Some(event) = events.get(place) else {
            let (event, last) = (self.event, events.len());
            return refused(format!(
                "there is no event {event} to edit: the trace has 1 to {last}"
            ));
        };
        let Event::Apply { results, .. } = event else {
            return refused(format!(
                "event {} changes nothing in the bank: {event}",
                self.event
            ));
        };
        let Some(told) = results.get(self.operation.wrapping_sub(1)) else {
            return refused(format!(
                "event {} has {} operations, counted from 1: there is no {}.{}",
                self.event,
                results.len(),
                self.event,
                self.operation
            ));
        };
        let is_apply = |event: &&Event| matches!(event, Event::Apply { .. });
        let amendment = Amendment {
            calls_before: events[..place].iter().filter(is_apply).count(),
            place: self.operation - 1,
            instead: self.instead.clone(),
            told: told.clone(),
        };
        Ok((place, amendment))
    }
}

/// What is compared of an episode.
#[derive(Default)]
struct Account {
    states: Vec<(States, Vec<Entry>)>,
    scores: Vec<Scored>,
    edited: Option<Event>,
    outputs: usize,
    to_others: usize,
    unsaid: usize,
    unanswered: usize,
    stopped: Option<String>,
}

struct Scored {
    question: String,
    answer: Answer,
    reward: Option<f32>,
}

impl Trace {
    /// Lives through the episode, as recorded or with one operation changed.
    fn account(
        &self,
        stage: &Stage,
        states: Option<&SnapshotStore>,
        edit: Option<(usize, Amendment)>,
    ) -> Result<Account, Error> {
        let mut account = Account::default();
        let mut begun = 0;
        let mut run = Run::new(self, stage, states)?;
        let edited = edit.map(|(event, amendment)| {
            run.episode.agent.surroundings().amendment = Some(amendment);
            event
        });
        run.each(|call| {
            if edited.is_none() {
                for (place, recorded) in call.recorded.iter().enumerate() {
                    if !same(Some(recorded), call.now.get(place))? {
                        let event = begun + place + 1;
                        return Err(Error::Replay {
                            why: format!(
                                "event {event} is not as recorded even without the edit; \
                                 replay without an edit to see what is otherwise"
                            ),
                        });
                    }
                }
            }
            if let Some(place) = edited.and_then(|event| event.checked_sub(begun))
                && place < call.recorded.len()
            {
                account.edited = call.now.get(place).cloned();
            }
            begun += call.recorded.len();
            match call.now.last() {
                Some(Event::Captured(names)) => {
                    // A copy is asked, so that being asked changes nothing.
                    let entries = call.episode.agent.surroundings().bank.fork()?.entries()?;
                    account.states.push((names.clone(), entries));
                }
                Some(Event::Scored {
                    question,
                    answer,
                    result,
                }) => account.scores.push(Scored {
                    question: question.clone(),
                    answer: answer.clone(),
                    reward: result.as_ref().ok().map(|score| score.reward),
                }),
                _ => {}
            }
            account.stopped = failure(call.now.last());
            Ok(account.stopped.is_none())
        })?;
        // What was ready for the last call and never said.
        run.said.prepare(&[]);
        let left = run.said.left();
        account.outputs = left.said;
        account.to_others = left.to_others;
        account.unsaid = left.unsaid;
        account.unanswered = left.unanswered;
        drop(left);
        Ok(account)
    }
}

/// Why a call of the host came to nothing.
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

/// What differs between two banks, and how many entries only in their ids.
fn compare(before: Vec<Entry>, after: &[Entry]) -> (Vec<EntryChange>, usize) {
    let mut after = after.to_vec();
    let mut take = |like: &dyn Fn(&Entry) -> bool| {
        let place = after.iter().position(like)?;
        Some(after.remove(place))
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
