//! Rollouts that begin in any state and are looked at on the way: what studies
//! of the training are made from.

use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::ForkPoint;

use crate::env::Opened;
use crate::rollout::batcher;
use crate::rollout::batcher::{Asking, Engine, Line, Place};
use crate::rollout::outcome::{Asked, Settled, Tally};
use crate::rollout::policy_model::{SampledModel, Sampling, Steps};

/// A rollout from a state on.
pub struct Life<'a> {
    /// Tells it, and its random numbers, from others.
    pub place: Place,
    /// The episode.
    pub opened: &'a Opened,
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

/// What came of a [`Life`].
pub struct Lived {
    /// Which one it was.
    pub place: Place,
    /// After each session that was looked at, in order.
    pub looks: Vec<Look>,
    /// What it left behind.
    pub settled: Settled,
}

/// How a life stood after a session.
pub struct Look {
    /// The name of the state in which it had entered the session.
    pub entered: String,
    /// The bank, with the session's own questions answered.
    pub settled: Settled,
    /// Tokens that were generated in the session.
    pub tokens: u64,
    /// To go on from here otherwise.
    pub point: ForkPoint,
}

/// Lives side by side, one thread each; in order of place.
///
/// # Errors
/// The first failure of a component or of the model, naming the life; also that a
/// server lost a question: a study compares all of them.
pub fn live(
    lives: &[Life<'_>],
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
) -> Result<Vec<Lived>> {
    let (events, inbox) = channel();
    let (results, lived) = channel();
    std::thread::scope(|scope| {
        for life in lives {
            let line = Line::new(life.place, events.clone());
            let results = results.clone();
            scope.spawn(move || {
                let result = life
                    .run(&line, grammars, sampling)
                    .with_context(|| format!("{} from session {}", life.opened.id, life.session));
                // The receiver outlives the scope.
                let _ = results.send(result);
            });
        }
        drop(results);
        batcher::serve(&inbox, lives.len(), engine);
    });
    let mut lived = lived.into_iter().collect::<Result<Vec<Lived>>>()?;
    lived.sort_by_key(|lived| lived.place);
    Ok(lived)
}

impl Life<'_> {
    fn run(&self, line: &Line, grammars: &Arc<Grammars>, sampling: Sampling) -> Result<Lived> {
        let steps = Steps::default();
        let model = SampledModel::new(Asking::on(line), grammars.clone(), sampling);
        let model = Box::new(model.keeping(&steps));
        let mut episode = match self.from {
            Some(point) => self.opened.resume(point, model)?,
            None => self.opened.start(model)?,
        };
        let mut looks = Vec::new();
        let mut tally = Tally::default();
        for session in self.session..=self.until {
            let looked_at = session - self.session < self.looks;
            let entered = match looked_at {
                true => episode.snapshot()?.name(),
                false => String::new(),
            };
            tally.observe(&mut episode, session, None)?;
            if looked_at {
                let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                let own = steps.iter().filter(|step| step.session == session);
                let tokens = own.map(|step| step.sample.tokens.len() as u64).sum();
                drop(steps);
                let asked = Asked::Session(session);
                looks.push(Look {
                    entered,
                    tokens,
                    point: episode.fork_point()?,
                    settled: Tally::default()
                        .settle(&mut episode, self.opened, asked)?
                        .whole()?,
                });
            }
        }
        let asked = if self.until == self.opened.sessions() {
            Asked::All
        } else {
            Asked::Session(self.until)
        };
        Ok(Lived {
            place: line.place(),
            looks,
            settled: tally.settle(&mut episode, self.opened, asked)?.whole()?,
        })
    }
}
