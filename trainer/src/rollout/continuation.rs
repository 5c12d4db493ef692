//! Rollouts that begin in any state and are looked at on the way: what studies
//! of the training are made from.

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

/// A rollout from a state on.
pub struct Continuation<'a> {
    /// Tells it, and its random numbers, from others.
    pub id: RolloutId,
    /// The episode.
    pub opened: &'a OpenEpisode,
    /// The state; none is the episode's start.
    pub from: Option<&'a ForkPoint>,
    /// The session that it enters then.
    pub session: u32,
    /// The last that it lives through; its own questions are asked then, and all
    /// of them after the episode's last.
    pub until: u32,
    /// After so many sessions it is looked at.
    pub looks: u32,
}

/// What came of a [`Continuation`].
pub struct ContinuationResult {
    /// Which one it was.
    pub id: RolloutId,
    /// After each session that was looked at, in order.
    pub looks: Vec<Probe>,
    /// What it left behind.
    pub result: RolloutResult,
}

/// How a life stood after a session.
pub struct Probe {
    /// The name of the state in which it had entered the session.
    pub entered: String,
    /// The bank, with the session's own questions answered.
    pub result: RolloutResult,
    /// Tokens that were generated in the session.
    pub tokens: u64,
    /// To go on from here otherwise.
    pub point: ForkPoint,
}

/// Lives side by side, one thread each; in order of id.
///
/// # Errors
/// The first failure of a component or of the model, naming the life; also that a
/// server lost a question: a study compares all of them.
pub fn live(
    lives: &[Continuation<'_>],
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
) -> Result<Vec<ContinuationResult>> {
    let (events, inbox) = channel();
    let (results, lived) = channel();
    std::thread::scope(|scope| {
        for life in lives {
            let handle = RolloutHandle::new(life.id, events.clone());
            let results = results.clone();
            scope.spawn(move || {
                let result = life
                    .run(&handle, grammars, sampling)
                    .with_context(|| format!("{} from session {}", life.opened.id, life.session));
                // The receiver outlives the scope.
                let _ = results.send(result);
            });
        }
        drop(results);
        batcher::serve(&inbox, lives.len(), engine);
    });
    let mut lived = lived
        .into_iter()
        .collect::<Result<Vec<ContinuationResult>>>()?;
    lived.sort_by_key(|lived| lived.id);
    Ok(lived)
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
        let mut looks = Vec::new();
        let mut counts = RolloutCounts::default();
        for session in self.session..=self.until {
            let looked_at = session - self.session < self.looks;
            let entered = match looked_at {
                true => episode.snapshot()?.name(),
                false => String::new(),
            };
            counts.observe(&mut episode, session, None)?;
            if looked_at {
                let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                let own = steps.iter().filter(|step| step.session == session);
                let tokens = own.map(|step| step.sample.tokens.len() as u64).sum();
                drop(steps);
                let asked = Asked::Session(session);
                looks.push(Probe {
                    entered,
                    tokens,
                    point: episode.fork_point()?,
                    result: RolloutCounts::default()
                        .finish(&mut episode, self.opened, asked)?
                        .whole()?,
                });
            }
        }
        let asked = if self.until == self.opened.sessions() {
            Asked::All
        } else {
            Asked::Session(self.until)
        };
        Ok(ContinuationResult {
            id: handle.id(),
            looks,
            result: counts.finish(&mut episode, self.opened, asked)?.whole()?,
        })
    }
}
