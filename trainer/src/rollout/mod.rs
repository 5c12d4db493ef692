//! Rollouts and rerolls: every one a thread with its own sandboxed bank,
//! policy and environment, all served by one engine.

pub mod batcher;
pub mod continuation;
pub mod outcome;
pub mod policy_model;
pub mod reward;
pub mod single;
mod thoughts;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::Scope;

use anyhow::{Context, Result};
use memloom_engine::generation::Sample;
use memloom_engine::grammar::Grammars;
use memloom_runtime::{Episode, ForkPoint};

use self::batcher::{Engine, EngineClient, Event, RolloutHandle, RolloutId};
use self::outcome::{Asked, RolloutCounts, RolloutResult};
use self::policy_model::{RecordedSteps, SampledModel, Sampling, Step};
use crate::env::OpenEpisode;

/// A session that is rerolled, and the rollout whose state it restarts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Session, from 1.
    pub session: u32,
    /// Global rollout.
    pub rollout: usize,
    /// Share of the rollout's outputs in the session that rerolls repeat before
    /// they go their own way: 0 begins at the session's start.
    pub cut: f64,
}

/// States in which a rollout entered sessions.
pub type Points = BTreeMap<u32, Arc<ForkPoint>>;

/// What to roll out.
pub struct Plan<'a> {
    /// For prompts and outputs.
    pub grammars: &'a Arc<Grammars>,
    /// Global rollouts of each episode: n.
    pub rollouts: usize,
    /// Anchors by episode.
    pub anchors: &'a [Vec<Anchor>],
    /// Sessions, by episode, whose states are kept of every rollout.
    pub kept: &'a [Vec<u32>],
    /// Rerolls of each anchor: m.
    pub rerolls: usize,
    /// Whether rollouts answer their questions (rerolls: those of their session).
    pub asks: bool,
    /// Whether the states between sessions are named, so that equal ones can be
    /// told.
    pub names_states: bool,
    /// Temperature and random numbers: the same for rollouts and rerolls.
    pub sampling: Sampling,
}

impl<'a> Plan<'a> {
    /// Returns a plan of `rollouts` rollouts of each episode that answer their questions,
    /// without rerolls.
    pub fn new(grammars: &'a Arc<Grammars>, rollouts: usize, sampling: Sampling) -> Self {
        Self {
            grammars,
            rollouts,
            anchors: &[],
            kept: &[],
            rerolls: 0,
            asks: true,
            names_states: false,
            sampling,
        }
    }
}

/// What came of one rollout or reroll.
pub struct Outcome {
    /// Which one it was.
    pub id: RolloutId,
    /// Every model output, in order.
    pub steps: Vec<Step>,
    /// Names of the states in which it entered its sessions, in order; only where
    /// [`Plan::names_states`].
    pub states: Vec<String>,
    /// The states that the plan keeps.
    pub points: Points,
    /// What it left behind.
    pub result: RolloutResult,
}

/// Runs a plan over opened episodes; outcomes in order of id.
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

/// Rerolls of anchors that were chosen after their rollouts had ended, with what
/// these have kept; outcomes in order of id.
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
        let mut live = 0;
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
                    live += 1;
                    scope.spawn(move || run.reroll(&handle, &state, script));
                }
            }
        }
        drop(results);
        batcher::serve(&inbox, live, engine);
    });
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    outcomes.sort_by_key(|outcome| outcome.id);
    Ok(outcomes)
}

/// Drops a question that one rollout or reroll of an episode lost for all of them:
/// what is compared was asked the same. Returns the questions, by episode and id,
/// and how each was lost first.
pub fn drop_together(outcomes: &mut [Outcome]) -> BTreeMap<(usize, usize), String> {
    let mut dropped = BTreeMap::new();
    for outcome in outcomes.iter() {
        for (question, why) in &outcome.result.dropped {
            let question = (outcome.id.episode, *question);
            dropped.entry(question).or_insert_with(|| why.clone());
        }
    }
    for outcome in outcomes {
        let episode = outcome.id.episode;
        for (_, question) in dropped.keys().filter(|(own, _)| *own == episode) {
            outcome.result.scores[*question] = None;
        }
    }
    dropped
}

/// The outputs that an anchor's rerolls repeat.
fn repeated(steps: &[Step], anchor: &Anchor) -> Vec<Sample> {
    let own = || steps.iter().filter(|step| step.session == anchor.session);
    let count = (anchor.cut * own().count() as f64) as usize;
    own().take(count).map(|step| step.sample.clone()).collect()
}

/// What a rollout's thread needs.
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
        let steps = RecordedSteps::default();
        let mut episode = self.opened.start(Box::new(self.model(handle, &steps)))?;
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
            counts.observe(&mut episode, session, None)?;
            let Some(state) = state else { continue };
            if let Some(anchor) = anchor {
                let script = {
                    let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
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
        let outcome = self.outcome(id, episode, &steps, counts, Asked::All)?;
        Ok(Outcome {
            states,
            points,
            ..outcome
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
        let steps = RecordedSteps::default();
        let repeats = !script.is_empty();
        let model = self.model(handle, &steps).after(script);
        let mut episode = self.opened.resume(state, Box::new(model))?;
        let mut counts = RolloutCounts::default();
        counts.observe(&mut episode, session, None)?;
        if repeats {
            // The policy reports a session as a whole, and the rollout has counted the part
            // that is repeated.
            counts = RolloutCounts::default();
        }
        self.outcome(id, episode, &steps, counts, Asked::Session(session))
    }

    fn outcome(
        &self,
        id: RolloutId,
        mut episode: Episode,
        steps: &RecordedSteps,
        counts: RolloutCounts,
        asked: Asked,
    ) -> Result<Outcome> {
        let asked = if self.plan.asks { asked } else { Asked::None };
        let result = counts.finish(&mut episode, self.opened, asked)?;
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
