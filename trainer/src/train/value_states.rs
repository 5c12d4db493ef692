//! What PPO's value head judges: the states in which sessions begin.

use std::sync::Arc;

use memloom_engine::generation::FinishReason;
use memloom_engine::model::packing::Row;

use crate::rollout::Outcome;
use crate::rollout::policy_model::Step;

/// The state in which a session of a rollout began, as its first speaker read it.
#[derive(Clone, Debug)]
pub struct State {
    /// Number of the rollout within the step.
    pub trajectory: usize,
    /// From 1.
    pub session: u32,
    /// Whose weights judge it.
    pub role: Arc<str>,
    /// The prompt, without a completion.
    pub row: Row,
    /// What the value head thought that the session and later ones would earn.
    pub value: f64,
    /// What it should have thought.
    pub target: f64,
}

/// The states of global rollouts, not judged yet. Sessions in which the policy said
/// nothing have none; a prompt that overflowed the context is none.
pub fn states(outcomes: &[Outcome]) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    let global = outcomes.iter().enumerate();
    for (trajectory, outcome) in global.filter(|(_, outcome)| outcome.id.reroll.is_none()) {
        // Steps for questions come last and have session 0.
        let read = |step: &&Step| step.session > 0 && step.sample.finish != FinishReason::Overflow;
        for step in outcome.steps.iter().filter(read) {
            let begun =
                |state: &State| (state.trajectory, state.session) == (trajectory, step.session);
            if states.last().is_some_and(begun) {
                continue;
            }
            states.push(State {
                trajectory,
                session: step.session,
                role: step.role.clone(),
                row: Row {
                    prompt: step.prompt.clone(),
                    completions: Vec::new(),
                },
                value: 0.0,
                target: 0.0,
            });
        }
    }
    states
}
