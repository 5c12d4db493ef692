//! Episodes lived through again from their traces: the same components and the
//! same calls of the host, with what model and embedder said back then.

mod edit;
mod recorded_model;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::edit::{Edit, EntryChange, QuestionChange, StateChange, WhatIf};
use self::recorded_model::Recorded;
use crate::agent::episode::Episode;
use crate::error::Error;
use crate::trace::setup::Stage;
use crate::store::snapshot_store::SnapshotStore;
use crate::trace::{Event, Trace};
use crate::types::{Answer, Question};

/// What came of a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// Events that are the same, byte for byte, as recorded: all of them, or
    /// those before the difference.
    pub events: usize,
    /// States among them.
    pub states: usize,
    /// Scored answers among them.
    pub scores: usize,
    /// Sum of their rewards.
    pub reward: f64,
    /// The first event that is not as recorded.
    pub difference: Option<Difference>,
}

/// An event that is not as recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Which, counted from 1.
    pub event: usize,
    /// What was recorded; none where the trace had ended.
    pub recorded: Option<Event>,
    /// What happened now; none where nothing did.
    pub now: Option<Event>,
}

impl Trace {
    /// Lives through the episode again and compares every event, byte for byte:
    /// calls, results, names of states, rewards. Stops at the first difference.
    /// An episode that began from a stored state finds it in `states`.
    ///
    /// # Errors
    /// [`Error::Replay`] where the trace asks for what cannot be done, and
    /// [`Error::Store`] for its first state. An episode that fails is no error
    /// but an event.
    pub fn replay(&self, stage: &Stage, states: Option<&SnapshotStore>) -> Result<Replay, Error> {
        let mut replay = Replay {
            events: 0,
            states: 0,
            scores: 0,
            reward: 0.0,
            difference: None,
        };
        Run::new(self, stage, states)?.each(|call| {
            for place in 0..call.recorded.len().max(call.now.len()) {
                let (recorded, now) = (call.recorded.get(place), call.now.get(place));
                if !same(recorded, now)? {
                    replay.difference = Some(Difference {
                        event: replay.events + 1,
                        recorded: recorded.cloned(),
                        now: now.cloned(),
                    });
                    return Ok(false);
                }
                replay.events += 1;
                match now {
                    Some(Event::Captured(_)) => replay.states += 1,
                    Some(Event::Scored { result, .. }) => {
                        replay.scores += 1;
                        let reward = result.as_ref().map_or(0.0, |score| score.reward);
                        replay.reward += f64::from(reward);
                    }
                    _ => {}
                }
            }
            Ok(true)
        })?;
        Ok(replay)
    }
}

/// Whether two events are the same in every bit, which `==` on numbers that are
/// none cannot say.
fn same(one: Option<&Event>, other: Option<&Event>) -> Result<bool, Error> {
    let bytes = |event| {
        postcard::to_stdvec(&event).map_err(|error| Error::Replay {
            why: error.to_string(),
        })
    };
    Ok(bytes(one)? == bytes(other)?)
}

/// A call of the host, with the policy's calls that it led to before it.
struct Call<'a> {
    episode: &'a mut Episode,
    /// As it was recorded.
    recorded: &'a [Event],
    /// As it went now.
    now: Vec<Event>,
}

/// An episode on its way through a trace.
struct Run<'a> {
    episode: Episode,
    trace: &'a Trace,
    said: Recorded,
    states: Option<&'a SnapshotStore>,
    /// The environment's questions by id, once it was asked for them.
    questions: BTreeMap<String, Question>,
    /// Answers by question, as recorded and as they are now.
    answers: BTreeMap<String, (Answer, Answer)>,
}

impl<'a> Run<'a> {
    fn new(
        trace: &'a Trace,
        stage: &Stage,
        states: Option<&'a SnapshotStore>,
    ) -> Result<Self, Error> {
        let said = Recorded::of(&trace.events);
        let mut episode = stage.start(Box::new(said.clone()))?;
        if said.embeds() {
            episode.set_embedder(std::sync::Arc::new(said.clone()));
        }
        episode.record();
        Ok(Self {
            episode,
            trace,
            said,
            states,
            questions: BTreeMap::new(),
            answers: BTreeMap::new(),
        })
    }

    /// Makes the recorded calls of the host, one after the other, until `seen`
    /// says that it has seen enough.
    fn each(&mut self, mut seen: impl FnMut(Call<'_>) -> Result<bool, Error>) -> Result<(), Error> {
        for recorded in self.trace.events.split_inclusive(Event::is_of_host) {
            self.said.prepare(recorded);
            if let Some(call) = recorded.last() {
                self.call(call)?;
            }
            let call = Call {
                now: self.episode.take_events(),
                episode: &mut self.episode,
                recorded,
            };
            if !seen(call)? {
                break;
            }
        }
        Ok(())
    }

    /// Makes a call. That it fails is an event, where failures are recorded.
    fn call(&mut self, event: &Event) -> Result<(), Error> {
        let episode = &mut self.episode;
        match event {
            Event::Opened {
                split,
                index,
                horizon,
                ..
            } => episode.open(split, *index, *horizon).map(drop),
            Event::Restored(states) => {
                let store = self.states.ok_or_else(|| Error::Replay {
                    why: format!(
                        "the episode begins from the state {}: name the store that holds it",
                        states.name()
                    ),
                })?;
                episode.restore(&store.load(&states.name())?)
            }
            Event::Captured(_) => episode.snapshot().map(drop),
            Event::Observed {
                session,
                demonstrator,
                ..
            } => {
                let demonstrator = demonstrator
                    .as_ref()
                    .map(|(name, seed)| (name.as_str(), *seed));
                let _ = episode.observe(*session, demonstrator);
                Ok(())
            }
            Event::Asked(_) => {
                let questions = episode.questions()?;
                let by_id = |question: Question| (question.id.clone(), question);
                self.questions.extend(questions.into_iter().map(by_id));
                Ok(())
            }
            Event::Answered { question, result } => {
                let now = episode.answer(known(&self.questions, question)?);
                if let (Ok(recorded), Ok(now)) = (result, now) {
                    let both = (recorded.clone(), now);
                    self.answers.insert(question.clone(), both);
                }
                Ok(())
            }
            Event::Scored {
                question, answer, ..
            } => {
                // Where the policy's answer was scored, its answer of now is.
                let answer = match self.answers.get(question) {
                    Some((recorded, now)) if recorded == answer => now,
                    _ => answer,
                };
                let _ = episode.score(known(&self.questions, question)?, answer);
                Ok(())
            }
            // The trace ends in the middle of a call.
            _ => Ok(()),
        }
    }
}

fn known<'q>(questions: &'q BTreeMap<String, Question>, id: &str) -> Result<&'q Question, Error> {
    questions.get(id).ok_or_else(|| Error::Replay {
        why: format!("the environment asks no question {id}"),
    })
}

#[cfg(test)]
mod tests;
