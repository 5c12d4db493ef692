//! Rollouts that begin in any state, with probes after their first sessions. Studies of the
//! training measure them.

use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::ForkPoint;

use crate::env::OpenEpisode;
use crate::rollout::batcher;
use crate::rollout::batcher::{Engine, EngineClient, RolloutHandle, RolloutId};
use crate::rollout::outcome::{Asked, RolloutCounts, RolloutResult};
use crate::rollout::policy_model::{RecordedSteps, SampledModel, Sampling};

/// A rollout that begins in a given state.
pub struct Continuation<'a> {
    /// Id. Its random numbers depend on it.
    pub id: RolloutId,
    /// The episode.
    pub opened: &'a OpenEpisode,
    /// The state; `None` for the episode's start.
    pub from: Option<&'a ForkPoint>,
    /// The first session.
    pub session: u32,
    /// The last session. Its questions are asked after it; after the episode's last session,
    /// all questions are.
    pub until: u32,
    /// Number of sessions, from the first, after which it is probed.
    pub probes: u32,
}

/// The result of a [`Continuation`].
pub struct ContinuationResult {
    /// Id of the continuation.
    pub id: RolloutId,
    /// Probes by session, in order.
    pub probes: Vec<Probe>,
    /// Its result after the last session.
    pub result: RolloutResult,
}

/// The state of a continuation after a session.
pub struct Probe {
    /// Name of the state in which it entered the session.
    pub entered: String,
    /// The bank, and the scores of the session's questions.
    pub result: RolloutResult,
    /// Number of tokens generated in the session.
    pub tokens: u64,
    /// The state, for further continuations.
    pub point: ForkPoint,
}

/// Runs continuations, one thread each, and returns their results in order of id.
///
/// # Errors
/// Fails if a component or the model fails, naming the episode, or if a server lost a
/// question: a study compares all of them.
pub fn continue_rollouts(
    continuations: &[Continuation<'_>],
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
) -> Result<Vec<ContinuationResult>> {
    let (events, inbox) = channel();
    let (results, ended) = channel();
    std::thread::scope(|scope| {
        for continuation in continuations {
            let handle = RolloutHandle::new(continuation.id, events.clone());
            let results = results.clone();
            scope.spawn(move || {
                let result = continuation
                    .run(&handle, grammars, sampling)
                    .with_context(|| {
                        let (id, session) = (&continuation.opened.id, continuation.session);
                        format!("{id} from session {session}")
                    });
                // The receiver outlives the scope.
                let _ = results.send(result);
            });
        }
        drop(results);
        batcher::serve(&inbox, continuations.len(), engine);
    });
    let mut results = ended
        .into_iter()
        .collect::<Result<Vec<ContinuationResult>>>()?;
    results.sort_by_key(|result| result.id);
    Ok(results)
}

impl Continuation<'_> {
    fn run(
        &self,
        handle: &RolloutHandle,
        grammars: &Arc<Grammars>,
        sampling: Sampling,
    ) -> Result<ContinuationResult> {
        let steps = RecordedSteps::default();
        let model = SampledModel::new(EngineClient::on(handle), grammars.clone(), sampling);
        let model = Box::new(model.keeping(&steps));
        let mut episode = match self.from {
            Some(point) => self.opened.resume(point, model)?,
            None => self.opened.start(model)?,
        };
        let mut probes = Vec::new();
        let mut counts = RolloutCounts::default();
        for session in self.session..=self.until {
            let probed = session - self.session < self.probes;
            let entered = match probed {
                true => episode.snapshot()?.name(),
                false => String::new(),
            };
            counts.observe(&mut episode, session, None)?;
            if probed {
                let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                let own = steps.iter().filter(|step| step.session == session);
                let tokens = own.map(|step| step.sample.tokens.len() as u64).sum();
                drop(steps);
                let asked = Asked::Session(session);
                probes.push(Probe {
                    entered,
                    tokens,
                    point: episode.fork_point()?,
                    result: RolloutCounts::default()
                        .finish(&mut episode, self.opened, session, asked)?
                        .whole()?,
                });
            }
        }
        let asked = if self.until == self.opened.sessions() {
            Asked::All(1)
        } else {
            Asked::Session(self.until)
        };
        Ok(ContinuationResult {
            id: handle.id(),
            probes,
            result: counts
                .finish(&mut episode, self.opened, self.until, asked)?
                .whole()?,
        })
    }
}
