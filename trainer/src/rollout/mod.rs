//! Rollouts and rerolls. Each is a thread with a sandboxed bank, policy and environment of
//! its own. One engine samples for all of them.

pub mod anchor;
pub mod batcher;
pub mod continuation;
pub mod kept;
pub mod outcome;
pub mod plan;
pub mod policy_model;
pub mod reward;
pub mod shaping;
pub mod single;
mod thoughts;

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::Scope;

use anyhow::{Context, Result};
use memloom_engine::generation::Sample;
use memloom_runtime::{DemonstrationModel, Episode, ForkPoint};

pub use self::anchor::Anchor;
use self::batcher::{Engine, EngineClient, Event, RolloutHandle, RolloutId};
use self::outcome::{Asked, RolloutCounts};
pub use self::outcome::{Outcome, Points, drop_together};
pub use self::plan::Plan;
use self::policy_model::{RecordedSteps, SampledModel, Step};
use self::shaping::Shaped;
use crate::clients::Spent;
use crate::config::Shaping;
use crate::env::OpenEpisode;

/// Runs a plan over opened episodes and returns the outcomes in order of id.
pub fn run(
    plan: &Plan<'_>,
    episodes: &[OpenEpisode],
    engine: &mut dyn Engine,
) -> Result<Vec<Outcome>> {
    let (events, inbox): (Sender<Event>, Receiver<Event>) = channel();
    let (results, outcomes) = channel();
    std::thread::scope(|scope| {
        let ids = (0..episodes.len())
            .flat_map(|episode| (0..plan.rollouts).map(move |rollout| (episode, rollout)));
        for (episode, rollout) in ids {
            let handle = RolloutHandle::new(
                RolloutId {
                    episode,
                    rollout,
                    reroll: None,
                },
                events.clone(),
            );
            let run = Run {
                plan,
                opened: &episodes[episode],
                results: results.clone(),
            };
            scope.spawn(move || run.rollout(scope, handle));
        }
        drop(results);
        batcher::serve(&inbox, episodes.len() * plan.rollouts, engine);
    });
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    outcomes.sort_by_key(|outcome| outcome.id);
    Ok(outcomes)
}

/// Runs rerolls of anchors that were chosen after their rollouts had ended, from the states
/// that these kept. Returns the outcomes in order of id.
pub fn reroll(
    plan: &Plan<'_>,
    episodes: &[OpenEpisode],
    global: &[Outcome],
    anchors: &[Vec<Anchor>],
    engine: &mut dyn Engine,
) -> Result<Vec<Outcome>> {
    let (events, inbox): (Sender<Event>, Receiver<Event>) = channel();
    let (results, outcomes) = channel();
    std::thread::scope(|scope| {
        let mut count = 0;
        for outcome in global {
            let id = outcome.id;
            let own = anchors[id.episode].iter();
            for anchor in own.filter(|anchor| anchor.rollout == id.rollout) {
                let state = &outcome.points[&anchor.session];
                let script = repeated(&outcome.steps, anchor);
                for member in 0..plan.rerolls {
                    let reroll = Some((anchor.session, member));
                    let handle = RolloutHandle::new(RolloutId { reroll, ..id }, events.clone());
                    let run = Run {
                        plan,
                        opened: &episodes[id.episode],
                        results: results.clone(),
                    };
                    let (state, script) = (state.clone(), script.clone());
                    count += 1;
                    scope.spawn(move || run.reroll(&handle, &state, script));
                }
            }
        }
        drop(results);
        batcher::serve(&inbox, count, engine);
    });
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    outcomes.sort_by_key(|outcome| outcome.id);
    Ok(outcomes)
}

/// Returns the outputs that an anchor's rerolls repeat.
fn repeated(steps: &[Step], anchor: &Anchor) -> Vec<Sample> {
    let own = || steps.iter().filter(|step| step.session == anchor.session);
    let count = (anchor.cut * own().count() as f64) as usize;
    own().take(count).map(|step| step.sample.clone()).collect()
}

/// Records of a rollout, shared between it and its models.
#[derive(Default)]
struct Records {
    steps: RecordedSteps,
    spent: Spent,
}

/// The inputs of a rollout's thread.
struct Run<'a> {
    plan: &'a Plan<'a>,
    opened: &'a OpenEpisode,
    results: Sender<Result<Outcome>>,
}

impl<'env> Run<'env> {
    fn rollout<'scope>(self, scope: &'scope Scope<'scope, 'env>, handle: RolloutHandle) {
        let result = self
            .global(scope, &handle)
            .with_context(|| self.name(handle.id()));
        // The receiver outlives the scope.
        let _ = self.results.send(result);
    }

    fn name(&self, id: RolloutId) -> String {
        format!("{id} of {}", self.opened.id)
    }

    fn model(&self, handle: &RolloutHandle, steps: &RecordedSteps) -> SampledModel {
        SampledModel::new(
            EngineClient::on(handle),
            self.plan.grammars.clone(),
            self.plan.sampling,
        )
        .keeping(steps)
    }

    fn global<'scope>(
        &self,
        scope: &'scope Scope<'scope, 'env>,
        handle: &RolloutHandle,
    ) -> Result<Outcome> {
        let id = handle.id();
        let records = Records::default();
        let model = Box::new(self.model(handle, &records.steps));
        let variant = match self.plan.variants {
            true => self.opened.variant(id.rollout, self.plan.rollouts),
            false => None,
        };
        let mut episode = match self.plan.lived_by {
            Some(_) => self.opened.demonstrate(Box::new(DemonstrationModel))?,
            None => (self.opened).start_as(variant, model, &records.spent)?,
        };
        let shapes = self.plan.shaping != Shaping::None;
        if shapes {
            episode.record();
        }
        let demonstrator = self
            .plan
            .lived_by
            .map(|name| (name, self.plan.mistakes(id)));
        let mut counts = RolloutCounts::default();
        let (mut states, mut points) = (Vec::new(), Points::new());
        for session in 1..=self.opened.sessions() {
            if self.plan.names_states {
                states.push(episode.snapshot()?.name());
            }
            let anchor = self.plan.anchors.get(id.episode).and_then(|anchors| {
                let mut anchors = anchors.iter();
                anchors.find(|a| a.session == session && a.rollout == id.rollout)
            });
            let kept = self.plan.kept.get(id.episode);
            let keeps = kept.is_some_and(|kept| kept.contains(&session));
            let state = match anchor.is_some() || keeps {
                true => Some(Arc::new(episode.fork_point()?)),
                false => None,
            };
            counts.observe(&mut episode, session, demonstrator)?;
            let Some(state) = state else { continue };
            if let Some(anchor) = anchor {
                let script = {
                    let steps = records.steps.lock().unwrap_or_else(PoisonError::into_inner);
                    repeated(&steps, anchor)
                };
                for child in handle.spawn(session, self.plan.rerolls) {
                    let run = Run {
                        plan: self.plan,
                        opened: self.opened,
                        results: self.results.clone(),
                    };
                    let (state, script) = (state.clone(), script.clone());
                    scope.spawn(move || run.reroll(&child, &state, script));
                }
            }
            if keeps {
                points.insert(session, state);
            }
        }
        let shaped = match shapes {
            true => self.shaped(&mut episode)?,
            false => Shaped::new(),
        };
        let last = self.opened.sessions();
        let asked = match self.plan.lived_by {
            None => Asked::All(self.plan.answer_samples),
            Some(_) => Asked::None,
        };
        let mut outcome = self.outcome(id, episode, &records, counts, last, asked)?;
        outcome.result.shaped = shaped;
        Ok(Outcome {
            states,
            points,
            ..outcome
        })
    }

    /// Returns the shares of the good operations of an episode that began with an empty bank.
    fn shaped(&self, episode: &mut Episode) -> Result<Shaped> {
        let events = episode.take_events();
        let judge = match self.plan.shaping {
            Shaping::Judged => self.opened.any_judge(),
            Shaping::None | Shaping::Accepted => None,
        };
        let schema = shaping::schema(&events);
        shaping::shares(&events, BTreeSet::new(), |operation| match judge {
            Some(judge) => shaping::placed(judge, &schema, operation),
            None => Ok(0.0),
        })
    }

    fn reroll(&self, handle: &RolloutHandle, state: &ForkPoint, script: Vec<Sample>) {
        let result = self
            .local(handle, state, script)
            .with_context(|| self.name(handle.id()));
        // The receiver outlives the scope.
        let _ = self.results.send(result);
    }

    fn local(
        &self,
        handle: &RolloutHandle,
        state: &ForkPoint,
        script: Vec<Sample>,
    ) -> Result<Outcome> {
        let id = handle.id();
        let session = id.reroll.map_or(0, |(session, _)| session);
        let records = Records::default();
        let repeats = !script.is_empty();
        let model = self.model(handle, &records.steps).after(script);
        let mut episode = (self.opened).resume_charged(state, Box::new(model), &records.spent)?;
        let mut counts = RolloutCounts::default();
        counts.observe(&mut episode, session, None)?;
        let lived = self.plan.lived_by_reroll(session, self.opened.sessions());
        for later in session + 1..=lived {
            counts.observe(&mut episode, later, None)?;
        }
        if repeats {
            // The policy reports a session as a whole, and the rollout has counted the part
            // that is repeated.
            counts = RolloutCounts::default();
        }
        let asked = Asked::Session(session);
        self.outcome(id, episode, &records, counts, lived, asked)
    }

    fn outcome(
        &self,
        id: RolloutId,
        mut episode: Episode,
        records: &Records,
        counts: RolloutCounts,
        lived: u32,
        asked: Asked,
    ) -> Result<Outcome> {
        let asked = if self.plan.asks { asked } else { Asked::None };
        let mut result = counts.finish(&mut episode, self.opened, lived, asked)?;
        let Records { steps, spent } = records;
        result.spent = std::mem::take(&mut *spent.lock().unwrap_or_else(PoisonError::into_inner));
        let steps = std::mem::take(&mut *steps.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Outcome {
            id,
            steps,
            states: Vec::new(),
            points: Points::new(),
            result,
        })
    }
}
