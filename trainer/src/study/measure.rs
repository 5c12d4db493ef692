//! One episode of the study: its rollouts, the continuations around each of their
//! deeds, and what each estimator says of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use memloom_algorithm::algorithm::{Algorithm, Credit, Rewards, Rule};
use memloom_algorithm::reward::Compression;
use memloom_engine::grammar::Grammars;
use memloom_runtime::ForkPoint;

use crate::config::{RunFile, StudySection};
use crate::env::OpenEpisode;
use crate::rng::{Purpose, derive};
use crate::rollout::batcher::{Engine, RolloutId};
use crate::rollout::continuation::{Continuation, ContinuationResult, live};
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::RewardFn;
use crate::study::continuations::{Mean, Sample, local, rewards};
use crate::study::fairness::{Deed, Error, Measured};

/// What is measured on.
pub(super) struct Subject<'a> {
    pub(super) file: &'a RunFile,
    pub(super) study: &'a StudySection,
    pub(super) grammars: &'a Arc<Grammars>,
}

impl Subject<'_> {
    pub(super) fn measure(
        &self,
        opened: &OpenEpisode,
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
        let reward_fn = RewardFn::new(opened, &logo.metric, compression);
        let sampling = Sampling {
            seed: derive(
                self.file.run.seed,
                Purpose::Fairness,
                &[u64::from(horizon), index],
            ),
            occasion: [0, 0],
            temperature: logo.temperature,
            top_k: logo.top_k,
            top_p: logo.top_p,
        };
        let life = |rollout, reroll, from, session, until, looks| Continuation {
            id: RolloutId {
                episode: 0,
                rollout,
                reroll,
            },
            opened,
            from,
            session,
            until,
            looks,
        };
        let globals: Vec<Continuation<'_>> = (0..logo.rollouts)
            .map(|rollout| life(rollout, None, None, 1, horizon, horizon))
            .collect();
        let globals = live(&globals, self.grammars, sampling, engine)?;

        // Continuations from the state after session t of each rollout: samples[t].
        let mut samples: Vec<Vec<Sample>> = Vec::new();
        for done in 0..=horizon {
            let mut from: Vec<Sample> = globals.iter().map(|_| Sample::default()).collect();
            if done == horizon {
                // Nothing is left to chance.
                for (sample, lived) in from.iter_mut().zip(&globals) {
                    sample.add(&reward_fn, lived, None)?;
                }
            } else {
                let entered = done + 1;
                let continuations = self.study.continuations;
                let lives: Vec<Continuation<'_>> = globals
                    .iter()
                    .flat_map(|global| {
                        let point: Option<&ForkPoint> =
                            (done > 0).then(|| &global.looks[done as usize - 1].point);
                        (0..continuations + logo.rerolls - 1).map(move |member| {
                            let rollout = global.id.rollout;
                            let (until, looks) = match member < continuations {
                                true => (horizon, 1),
                                false => (entered, 0),
                            };
                            life(
                                rollout,
                                Some((entered, member)),
                                point,
                                entered,
                                until,
                                looks,
                            )
                        })
                    })
                    .collect();
                for lived in live(&lives, self.grammars, sampling, engine)? {
                    let sample = &mut from[lived.id.rollout];
                    match lived.id.reroll {
                        Some((_, member)) if member >= continuations => {
                            let reward = local(&reward_fn, &lived.result, entered)?;
                            sample.rerolls.push(reward);
                        }
                        _ => sample.add(&reward_fn, &lived, Some(entered))?,
                    }
                }
                if done == 0 {
                    // One state, whoever starts from it.
                    let all = Sample::together(&from);
                    for sample in &mut from {
                        let rerolls = std::mem::take(&mut sample.rerolls);
                        *sample = Sample {
                            rerolls,
                            ..all.clone()
                        };
                    }
                }
            }
            samples.push(from);
        }
        self.judge(&reward_fn, &globals, &samples, index)
    }

    fn judge(
        &self,
        reward_fn: &RewardFn<'_>,
        globals: &[ContinuationResult],
        samples: &[Vec<Sample>],
        index: u64,
    ) -> Result<Measured> {
        let logo = &self.file.logo;
        let horizon = reward_fn.last();
        let estimates = Estimates::new(reward_fn, globals, logo.rule())?;
        let start = &samples[0][0];
        let rivals = (logo.rollouts - 1) as f64;
        let siblings = (logo.rerolls - 1) as f64;
        let mut deeds = Vec::new();
        for (rollout, global) in globals.iter().enumerate() {
            for session in 1..=horizon {
                let look = &global.looks[session as usize - 1];
                let own = local(reward_fn, &look.result, session)?;
                let before = &samples[session as usize - 1][rollout];
                let after = &samples[session as usize][rollout];
                let mut given = estimates.of(rollout, session);
                if let Some(local) = self.local(own, before) {
                    given.insert("local".into(), local);
                }
                let of_return = after.of_return().less(before.of_return());
                let of_session = after
                    .of_session(session)
                    .zip(before.of_session(session))
                    .map(|(after, before)| after.less(before));

                let mut errors = BTreeMap::new();
                // What it says on average is what follows the deed less what
                // rivals come to from the start: the truth and the luck of the
                // state that it was done in.
                let global = |after: Mean, before: Mean, rival: Mean| Error {
                    bias: before.value - rival.value,
                    doubt: match session {
                        // It was done in the very state that rivals start from.
                        1 => 0.0,
                        _ => before.variance + rival.variance,
                    },
                    variance: after.of_one + rival.of_one / rivals,
                };
                errors.insert(
                    "trajectory".to_owned(),
                    global(after.of_return(), before.of_return(), start.of_return()),
                );
                for (name, of) in [
                    (
                        "session",
                        Sample::of_session as fn(&Sample, u32) -> Option<Mean>,
                    ),
                    ("suffix", Sample::of_suffix),
                ] {
                    let means = of(after, session)
                        .zip(of(before, session))
                        .zip(of(start, session));
                    if let Some(((after, before), rival)) = means {
                        errors.insert(name.to_owned(), global(after, before, rival));
                    }
                }
                // What it says on average is the deed's reward right after the
                // session less that of rerolls; the truth is the same at the end.
                let means = after.of_session(session).zip(before.of_local(session));
                if let Some((own, (after, (rerolls, gain)))) = own.zip(means) {
                    errors.insert(
                        "local".to_owned(),
                        Error {
                            bias: own - after.value + gain.value,
                            doubt: after.variance + gain.variance,
                            variance: rerolls.of_one / siblings,
                        },
                    );
                }
                deeds.push(Deed {
                    rollout,
                    session,
                    tokens: look.tokens,
                    of_return,
                    of_session,
                    estimates: given,
                    errors,
                });
            }
        }
        Ok(Measured {
            horizon,
            index,
            continuations: self.study.continuations,
            seconds: 0.0,
            start: start.of_return().value,
            tokens: deeds.iter().map(|deed| deed.tokens).sum(),
            deeds,
        })
    }

    /// The advantage of a deed among rerolls of its session: its own and m - 1
    /// that began in the same state make up the group.
    fn local(&self, own: Option<f64>, before: &Sample) -> Option<f64> {
        let all = std::iter::once(&own).chain(&before.rerolls);
        let group: Option<Vec<f64>> = all.copied().collect();
        let advantages = self.file.logo.rule().normalisation.apply(&group?)?;
        advantages.first().copied()
    }
}

/// Advantages of the global rollouts, by estimator.
struct Estimates(Vec<(&'static str, Vec<Vec<Option<f64>>>)>);

impl Estimates {
    fn new(reward_fn: &RewardFn<'_>, globals: &[ContinuationResult], rule: Rule) -> Result<Self> {
        let mut table = Rewards::default();
        for lived in globals {
            table.sessions.push(rewards(reward_fn, &lived.result)?);
            table.returns.push(reward_fn.whole(&lived.result)?);
            let states = lived.looks.iter().map(|look| look.entered.clone());
            table.states.push(states.collect());
        }
        let tables = [table];
        let by = |algorithm, what| {
            let rule = Rule {
                algorithm,
                credit: what,
                ..rule
            };
            rule.apply(&tables).remove(0).advantages
        };
        Ok(Self(vec![
            ("trajectory", by(Algorithm::Grpo, Credit::Trajectory)),
            ("suffix", by(Algorithm::LogoGrpo, Credit::Suffix)),
            ("session", by(Algorithm::SessionGrpo, Credit::Session)),
            (
                "group-in-group",
                by(Algorithm::GroupInGroup, Credit::Session),
            ),
        ]))
    }

    fn of(&self, rollout: usize, session: u32) -> BTreeMap<String, f64> {
        let given = self.0.iter().filter_map(|(name, advantages)| {
            let advantage = advantages[rollout][session as usize - 1]?;
            Some(((*name).to_owned(), advantage))
        });
        given.collect()
    }
}
