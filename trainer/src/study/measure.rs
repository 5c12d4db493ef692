//! Measurement of one episode: its rollouts, and continuations from the state before and after
//! each of their sessions.

use std::sync::Arc;

use anyhow::Result;
use memloom_algorithm::reward::Compression;
use memloom_engine::grammar::Grammars;
use memloom_runtime::ForkPoint;

use crate::config::{RunFile, StudySection};
use crate::env::OpenEpisode;
use crate::rng::{Purpose, derive};
use crate::rollout::batcher::{Engine, RolloutId};
use crate::rollout::continuation::{Continuation, ContinuationResult, continue_rollouts};
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::RewardFn;
use crate::study::comparison::compare;
use crate::study::continuations::{Continuations, local};
use crate::study::record::Measured;

/// Inputs shared by the measurements of all episodes.
pub(super) struct Subject<'a> {
    pub(super) file: &'a RunFile,
    pub(super) study: &'a StudySection,
    pub(super) grammars: &'a Arc<Grammars>,
}

impl Subject<'_> {
    /// Measures the effect of every session of every rollout of an episode.
    pub(super) fn measure(
        &self,
        opened: &OpenEpisode,
        index: u64,
        engine: &mut dyn Engine,
    ) -> Result<Measured> {
        let section = &self.file.algorithm;
        let horizon = opened.sessions();
        let compression = Compression {
            penalty: section.penalty,
            threshold: section.threshold,
            charge: section.charge,
        };
        let parts = [u64::from(horizon), index];
        let episode = Episode {
            subject: self,
            opened,
            reward_fn: RewardFn::new(opened, &section.metric, compression),
            sampling: Sampling {
                seed: derive(self.file.run.seed, Purpose::Fairness, &parts),
                occasion: [0, 0],
                temperature: section.temperature,
                top_k: section.top_k,
                top_p: section.top_p,
            },
        };
        let rollouts = episode.rollouts(engine)?;
        // By number of sessions done, then by rollout.
        let mut states = vec![episode.start_continuations(&rollouts, engine)?];
        for done in 1..horizon {
            states.push(episode.continuations(&rollouts, done, engine)?);
        }
        states.push(episode.ended(&rollouts)?);
        let samples = compare(&episode.reward_fn, &rollouts, &states, section)?;
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
    opened: &'a OpenEpisode,
    reward_fn: RewardFn<'a>,
    sampling: Sampling,
}

impl Episode<'_> {
    /// Runs the global rollouts.
    fn rollouts(&self, engine: &mut dyn Engine) -> Result<Vec<ContinuationResult>> {
        let horizon = self.opened.sessions();
        let rollout = |rollout| Continuation {
            id: id(rollout, None),
            opened: self.opened,
            from: None,
            session: 1,
            until: horizon,
            probes: horizon,
        };
        let rollouts: Vec<Continuation<'_>> = (0..self.subject.file.algorithm.rollouts)
            .map(rollout)
            .collect();
        continue_rollouts(&rollouts, self.subject.grammars, self.sampling, engine)
    }

    /// Runs continuations from the start of the episode. All rollouts share this state, so each
    /// gets the continuations of all, but only its own rerolls.
    fn start_continuations(
        &self,
        rollouts: &[ContinuationResult],
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
        rollouts: &[ContinuationResult],
        done: u32,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Continuations>> {
        let entered = done + 1;
        let full = self.subject.study.continuations;
        let members = full + self.subject.file.algorithm.rerolls - 1;
        let mut pending = Vec::new();
        for rollout in rollouts {
            let from: Option<&ForkPoint> =
                (done > 0).then(|| &rollout.probes[done as usize - 1].point);
            for member in 0..members {
                let (until, probes) = match member < full {
                    true => (self.opened.sessions(), 1),
                    false => (entered, 0),
                };
                pending.push(Continuation {
                    id: id(rollout.id.rollout, Some((entered, member))),
                    opened: self.opened,
                    from,
                    session: entered,
                    until,
                    probes,
                });
            }
        }
        let mut states = vec![Continuations::default(); rollouts.len()];
        for result in continue_rollouts(&pending, self.subject.grammars, self.sampling, engine)? {
            let state = &mut states[result.id.rollout];
            match result.id.reroll {
                Some((_, member)) if member >= full => {
                    let reward = local(&self.reward_fn, &result.result, entered)?;
                    state.rerolls.push(reward);
                }
                _ => state.add(&self.reward_fn, &result, Some(entered))?,
            }
        }
        Ok(states)
    }

    /// Returns the states after the last session. Nothing random follows them, so the rollout
    /// itself is the one continuation.
    fn ended(&self, rollouts: &[ContinuationResult]) -> Result<Vec<Continuations>> {
        let ended = rollouts.iter().map(|rollout| {
            let mut state = Continuations::default();
            state.add(&self.reward_fn, rollout, None)?;
            Ok(state)
        });
        ended.collect()
    }
}

fn id(rollout: usize, reroll: Option<(u32, usize)>) -> RolloutId {
    RolloutId {
        episode: 0,
        rollout,
        reroll,
    }
}
