//! Measurement of one episode: its rollouts, and continuations from the state before and after
//! each of their sessions.

use std::sync::Arc;

use anyhow::Result;
use memloom_algorithm::reward::Compression;
use memloom_engine::tokenizer::Tokenizer;
use memloom_runtime::ForkPoint;

use crate::config::{RunFile, StudySection};
use crate::env::Opened;
use crate::rng::{Purpose, derive};
use crate::rollout::batcher::{Engine, Place};
use crate::rollout::continuation::{Life, Lived, live};
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::Valuing;
use crate::study::comparison::compare;
use crate::study::continuations::{Continuations, local};
use crate::study::record::Measured;

/// Inputs shared by the measurements of all episodes.
pub(super) struct Subject<'a> {
    pub(super) file: &'a RunFile,
    pub(super) study: &'a StudySection,
    pub(super) tokenizer: &'a Arc<Tokenizer>,
}

impl Subject<'_> {
    /// Measures the effect of every session of every rollout of an episode.
    pub(super) fn measure(
        &self,
        opened: &Opened,
        index: u64,
        engine: &mut dyn Engine,
    ) -> Result<Measured> {
        let logo = &self.file.logo;
        let horizon = opened.sessions();
        let compression = Compression {
            penalty: logo.penalty,
            threshold: logo.threshold,
            charge: logo.charge,
        };
        let parts = [u64::from(horizon), index];
        let episode = Episode {
            subject: self,
            opened,
            valuing: Valuing::new(opened, &logo.metric, compression),
            sampling: Sampling {
                seed: derive(self.file.run.seed, Purpose::Fairness, &parts),
                occasion: [0, 0],
                temperature: logo.temperature,
                top_k: logo.top_k,
                top_p: logo.top_p,
            },
        };
        let rollouts = episode.rollouts(engine)?;
        // By number of sessions done, then by rollout.
        let mut states = vec![episode.start_continuations(&rollouts, engine)?];
        for done in 1..horizon {
            states.push(episode.continuations(&rollouts, done, engine)?);
        }
        states.push(episode.ended(&rollouts)?);
        let samples = compare(&episode.valuing, &rollouts, &states, logo)?;
        Ok(Measured {
            horizon,
            index,
            continuations: self.study.continuations,
            seconds: 0.0,
            start: states[0][0].of_return().value,
            tokens: samples.iter().map(|sample| sample.tokens).sum(),
            samples,
        })
    }
}

/// An episode under measurement.
struct Episode<'a> {
    subject: &'a Subject<'a>,
    opened: &'a Opened,
    valuing: Valuing<'a>,
    sampling: Sampling,
}

impl Episode<'_> {
    /// Runs the global rollouts.
    fn rollouts(&self, engine: &mut dyn Engine) -> Result<Vec<Lived>> {
        let horizon = self.opened.sessions();
        let rollout = |rollout| Life {
            place: place(rollout, None),
            opened: self.opened,
            from: None,
            session: 1,
            until: horizon,
            looks: horizon,
        };
        let rollouts: Vec<Life<'_>> = (0..self.subject.file.logo.rollouts).map(rollout).collect();
        live(&rollouts, self.subject.tokenizer, self.sampling, engine)
    }

    /// Runs continuations from the start of the episode. All rollouts share this state, so each
    /// gets the continuations of all, but only its own rerolls.
    fn start_continuations(
        &self,
        rollouts: &[Lived],
        engine: &mut dyn Engine,
    ) -> Result<Vec<Continuations>> {
        let own = self.continuations(rollouts, 0, engine)?;
        let all = Continuations::join(&own);
        let shared = own.into_iter().map(|own| Continuations {
            rerolls: own.rerolls,
            ..all.clone()
        });
        Ok(shared.collect())
    }

    /// Runs continuations from the state of each rollout after `done` sessions: some to the
    /// episode's end for the truth, and rerolls of the next session for the `local` estimator.
    fn continuations(
        &self,
        rollouts: &[Lived],
        done: u32,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Continuations>> {
        let entered = done + 1;
        let full = self.subject.study.continuations;
        let members = full + self.subject.file.logo.rerolls - 1;
        let mut lives = Vec::new();
        for rollout in rollouts {
            let from: Option<&ForkPoint> =
                (done > 0).then(|| &rollout.looks[done as usize - 1].point);
            for member in 0..members {
                let (until, looks) = match member < full {
                    true => (self.opened.sessions(), 1),
                    false => (entered, 0),
                };
                lives.push(Life {
                    place: place(rollout.place.rollout, Some((entered, member))),
                    opened: self.opened,
                    from,
                    session: entered,
                    until,
                    looks,
                });
            }
        }
        let mut states = vec![Continuations::default(); rollouts.len()];
        for lived in live(&lives, self.subject.tokenizer, self.sampling, engine)? {
            let state = &mut states[lived.place.rollout];
            match lived.place.reroll {
                Some((_, member)) if member >= full => {
                    let reward = local(&self.valuing, &lived.settled, entered)?;
                    state.rerolls.push(reward);
                }
                _ => state.add(&self.valuing, &lived, Some(entered))?,
            }
        }
        Ok(states)
    }

    /// Returns the states after the last session. Nothing random follows them, so the rollout
    /// itself is the one continuation.
    fn ended(&self, rollouts: &[Lived]) -> Result<Vec<Continuations>> {
        let ended = rollouts.iter().map(|rollout| {
            let mut state = Continuations::default();
            state.add(&self.valuing, rollout, None)?;
            Ok(state)
        });
        ended.collect()
    }
}

fn place(rollout: usize, reroll: Option<(u32, usize)>) -> Place {
    Place {
        episode: 0,
        rollout,
        reroll,
    }
}
