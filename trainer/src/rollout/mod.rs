//! Rollouts and rerolls: every one a thread with its own sandboxed bank,
//! policy and environment, all served by one engine.

pub mod alone;
pub mod hub;
pub mod lives;
pub mod model;
pub mod settle;
mod thoughts;
pub mod worth;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::Scope;

use anyhow::{Context, Result};
use memloom_runtime::{Episode, ForkPoint};

use self::hub::{Asking, Engine, Event, Line, Place};
use self::model::{SampledModel, Sampling, Step, Steps};
use self::settle::{Asked, Settled, Tally};
use crate::generate::Sample;
use crate::tokenizer::Tokenizer;
use crate::world::Opened;

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
    pub tokenizer: &'a Arc<Tokenizer>,
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

/// What came of one rollout or reroll.
pub struct Outcome {
    /// Which one it was.
    pub place: Place,
    /// Every model output, in order.
    pub steps: Vec<Step>,
    /// Names of the states in which it entered its sessions, in order; only where
    /// [`Plan::names_states`].
    pub states: Vec<String>,
    /// The states that the plan keeps.
    pub points: Points,
    /// What it left behind.
    pub settled: Settled,
}

/// Runs a plan over opened episodes; outcomes in order of place.
pub fn run(plan: &Plan<'_>, episodes: &[Opened], engine: &mut dyn Engine) -> Result<Vec<Outcome>> {
    let (events, inbox): (Sender<Event>, Receiver<Event>) = channel();
    let (results, outcomes) = channel();
    std::thread::scope(|scope| {
        let places = (0..episodes.len())
            .flat_map(|episode| (0..plan.rollouts).map(move |rollout| (episode, rollout)));
        for (episode, rollout) in places {
            let line = Line::new(
                Place {
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
            scope.spawn(move || run.rollout(scope, line));
        }
        drop(results);
        hub::serve(&inbox, episodes.len() * plan.rollouts, engine);
    });
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    outcomes.sort_by_key(|outcome| outcome.place);
    Ok(outcomes)
}

/// Rerolls of anchors that were chosen after their rollouts had ended, with what
/// these have kept; outcomes in order of place.
pub fn reroll(
    plan: &Plan<'_>,
    episodes: &[Opened],
    global: &[Outcome],
    anchors: &[Vec<Anchor>],
    engine: &mut dyn Engine,
) -> Result<Vec<Outcome>> {
    let (events, inbox): (Sender<Event>, Receiver<Event>) = channel();
    let (results, outcomes) = channel();
    std::thread::scope(|scope| {
        let mut live = 0;
        for outcome in global {
            let place = outcome.place;
            let own = anchors[place.episode].iter();
            for anchor in own.filter(|anchor| anchor.rollout == place.rollout) {
                let state = &outcome.points[&anchor.session];
                let script = repeated(&outcome.steps, anchor);
                for member in 0..plan.rerolls {
                    let reroll = Some((anchor.session, member));
                    let line = Line::new(Place { reroll, ..place }, events.clone());
                    let run = Run {
                        plan,
                        opened: &episodes[place.episode],
                        results: results.clone(),
                    };
                    let (state, script) = (state.clone(), script.clone());
                    live += 1;
                    scope.spawn(move || run.reroll(&line, &state, script));
                }
            }
        }
        drop(results);
        hub::serve(&inbox, live, engine);
    });
    let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    outcomes.sort_by_key(|outcome| outcome.place);
    Ok(outcomes)
}

/// Drops a question that one rollout or reroll of an episode lost for all of them:
/// what is compared was asked the same. Returns the questions, by episode and place,
/// and how each was lost first.
pub fn drop_together(outcomes: &mut [Outcome]) -> BTreeMap<(usize, usize), String> {
    let mut dropped = BTreeMap::new();
    for outcome in outcomes.iter() {
        for (question, why) in &outcome.settled.dropped {
            let question = (outcome.place.episode, *question);
            dropped.entry(question).or_insert_with(|| why.clone());
        }
    }
    for outcome in outcomes {
        let episode = outcome.place.episode;
        for (_, question) in dropped.keys().filter(|(own, _)| *own == episode) {
            outcome.settled.scores[*question] = None;
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
    opened: &'a Opened,
    results: Sender<Result<Outcome>>,
}

impl<'env> Run<'env> {
    fn rollout<'scope>(self, scope: &'scope Scope<'scope, 'env>, line: Line) {
        let result = self
            .global(scope, &line)
            .with_context(|| self.name(line.place()));
        // The receiver outlives the scope.
        let _ = self.results.send(result);
    }

    fn name(&self, place: Place) -> String {
        match place.reroll {
            None => format!("rollout {} of {}", place.rollout, self.opened.id),
            Some((session, member)) => format!(
                "reroll {member} of session {session} of {} from rollout {}",
                self.opened.id, place.rollout
            ),
        }
    }

    fn model(&self, line: &Line, steps: &Steps) -> SampledModel {
        SampledModel::new(
            Asking::on(line),
            self.plan.tokenizer.clone(),
            self.plan.sampling,
        )
        .keeping(steps)
    }

    fn global<'scope>(&self, scope: &'scope Scope<'scope, 'env>, line: &Line) -> Result<Outcome> {
        let place = line.place();
        let steps = Steps::default();
        let mut episode = self.opened.start(Box::new(self.model(line, &steps)))?;
        let mut tally = Tally::default();
        let (mut states, mut points) = (Vec::new(), Points::new());
        for session in 1..=self.opened.sessions() {
            if self.plan.names_states {
                states.push(episode.snapshot()?.name());
            }
            let anchor = self.plan.anchors.get(place.episode).and_then(|anchors| {
                let mut anchors = anchors.iter();
                anchors.find(|a| a.session == session && a.rollout == place.rollout)
            });
            let kept = self.plan.kept.get(place.episode);
            let keeps = kept.is_some_and(|kept| kept.contains(&session));
            let state = match anchor.is_some() || keeps {
                true => Some(Arc::new(episode.fork_point()?)),
                false => None,
            };
            tally.observe(&mut episode, session, None)?;
            let Some(state) = state else { continue };
            if let Some(anchor) = anchor {
                let script = {
                    let steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                    repeated(&steps, anchor)
                };
                for child in line.spawn(session, self.plan.rerolls) {
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
        let outcome = self.outcome(place, episode, &steps, tally, Asked::All)?;
        Ok(Outcome {
            states,
            points,
            ..outcome
        })
    }

    fn reroll(&self, line: &Line, state: &ForkPoint, script: Vec<Sample>) {
        let result = self
            .local(line, state, script)
            .with_context(|| self.name(line.place()));
        // The receiver outlives the scope.
        let _ = self.results.send(result);
    }

    fn local(&self, line: &Line, state: &ForkPoint, script: Vec<Sample>) -> Result<Outcome> {
        let place = line.place();
        let session = place.reroll.map_or(0, |(session, _)| session);
        let steps = Steps::default();
        let repeats = !script.is_empty();
        let model = self.model(line, &steps).after(script);
        let mut episode = self.opened.resume(state, Box::new(model))?;
        let mut tally = Tally::default();
        tally.observe(&mut episode, session, None)?;
        if repeats {
            // The policy reports a session as a whole, and the rollout has counted the
            // part that is repeated.
            tally = Tally::default();
        }
        self.outcome(place, episode, &steps, tally, Asked::Session(session))
    }

    fn outcome(
        &self,
        place: Place,
        mut episode: Episode,
        steps: &Steps,
        tally: Tally,
        asked: Asked,
    ) -> Result<Outcome> {
        let asked = if self.plan.asks { asked } else { Asked::None };
        let settled = tally.settle(&mut episode, self.opened, asked)?;
        let steps = std::mem::take(&mut *steps.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Outcome {
            place,
            steps,
            states: Vec::new(),
            points: Points::new(),
            settled,
        })
    }
}
