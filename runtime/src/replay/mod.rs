//! Replay of episodes from their traces: the same components and the same calls of
//! the host, with the recorded outputs of model and embedder.

pub(crate) mod edit;
mod recorded_model;

use std::collections::BTreeMap;

use serde::Serialize;

use self::recorded_model::RecordedModel;
use crate::agent::episode::Episode;
use crate::error::Error;
use crate::event::Event;
use crate::store::snapshot_store::SnapshotStore;
use crate::trace::Trace;
use crate::trace::setup::LoadedSetup;
use crate::types::{Answer, Question};

/// The result of a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// The number of events that are byte for byte as recorded, up to the first
    /// difference.
    pub events: usize,
    /// The number of states among them.
    pub states: usize,
    /// The number of scored answers among them.
    pub scores: usize,
    /// The sum of their rewards.
    pub reward: f64,
    /// The first event that differs from the recorded one.
    pub difference: Option<Difference>,
}

/// An event that differs from the recorded one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Its number, counted from 1.
    pub event: usize,
    /// The recorded event; none after the end of the trace.
    pub recorded: Option<Event>,
    /// The present event; none if the policy made no call.
    pub now: Option<Event>,
}

impl Trace {
    /// Runs the episode again and compares every event, byte for byte: calls, results,
    /// names of states, rewards. Stops at the first difference. An episode that began
    /// from a stored state loads it from `states`.
    ///
    /// # Errors
    /// [`Error::Replay`] if the trace cannot be replayed, and [`Error::SnapshotStore`]
    /// for its first state. A failure of the episode is an event, not an error.
    pub fn replay(
        &self,
        setup: &LoadedSetup,
        states: Option<&SnapshotStore>,
    ) -> Result<Replay, Error> {
        let mut replay = Replay {
            events: 0,
            states: 0,
            scores: 0,
            reward: 0.0,
            difference: None,
        };
        ReplayRun::new(self, setup, states)?.each(|call| {
            for index in 0..call.recorded.len().max(call.now.len()) {
                let (recorded, now) = (call.recorded.get(index), call.now.get(index));
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

/// Returns whether two events have the same bytes. They are compared encoded, since
/// NaN differs from itself.
fn same(one: Option<&Event>, other: Option<&Event>) -> Result<bool, Error> {
    let bytes = |event| {
        postcard::to_stdvec(&event).map_err(|error| Error::Replay {
            why: error.to_string(),
        })
    };
    Ok(bytes(one)? == bytes(other)?)
}

/// A call of the host, after the policy's calls that it caused.
struct Call<'a> {
    episode: &'a mut Episode,
    /// The recorded events.
    recorded: &'a [Event],
    /// The present events.
    now: Vec<Event>,
}

/// A replay in progress.
struct ReplayRun<'a> {
    episode: Episode,
    trace: &'a Trace,
    model: RecordedModel,
    states: Option<&'a SnapshotStore>,
    /// The environment's questions by id, once they are read.
    questions: BTreeMap<String, Question>,
    /// Recorded and present answers by question.
    answers: BTreeMap<String, (Answer, Answer)>,
}

impl<'a> ReplayRun<'a> {
    fn new(
        trace: &'a Trace,
        setup: &LoadedSetup,
        states: Option<&'a SnapshotStore>,
    ) -> Result<Self, Error> {
        let model = RecordedModel::new(&trace.events);
        let mut episode = setup.start(Box::new(model.clone()))?;
        if model.embeds() {
            episode.set_embedder(std::sync::Arc::new(model.clone()));
        }
        episode.record();
        Ok(Self {
            episode,
            trace,
            model,
            states,
            questions: BTreeMap::new(),
            answers: BTreeMap::new(),
        })
    }

    /// Makes the recorded calls of the host in order, until `visit` returns false.
    fn each(
        &mut self,
        mut visit: impl FnMut(Call<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        for recorded in self.trace.events.split_inclusive(Event::is_of_host) {
            self.model.prepare(recorded);
            if let Some(call) = recorded.last() {
                self.call(call)?;
            }
            let call = Call {
                now: self.episode.take_events(),
                episode: &mut self.episode,
                recorded,
            };
            if !visit(call)? {
                break;
            }
        }
        Ok(())
    }

    /// Makes a call of the host. Its failure is an event, where failures are recorded.
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
                        "the episode begins from the state {}; name the store that holds it",
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
                let now = episode.answer(question_by_id(&self.questions, question)?);
                if let (Ok(recorded), Ok(now)) = (result, now) {
                    let both = (recorded.clone(), now);
                    self.answers.insert(question.clone(), both);
                }
                Ok(())
            }
            Event::Scored {
                question, answer, ..
            } => {
                // A score of the policy's answer becomes one of its present answer.
                let answer = match self.answers.get(question) {
                    Some((recorded, now)) if recorded == answer => now,
                    _ => answer,
                };
                let _ = episode.score(question_by_id(&self.questions, question)?, answer);
                Ok(())
            }
            // The trace ends inside a call.
            _ => Ok(()),
        }
    }
}

/// Returns the question of this id.
fn question_by_id<'q>(
    questions: &'q BTreeMap<String, Question>,
    id: &str,
) -> Result<&'q Question, Error> {
    questions.get(id).ok_or_else(|| Error::Replay {
        why: format!("the environment has no question {id}"),
    })
}

#[cfg(test)]
mod tests;
