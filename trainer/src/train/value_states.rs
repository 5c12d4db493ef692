//! States for PPO's value head: the prompts with which sessions and a task's turns begin.

use std::sync::Arc;

use memloom_engine::generation::FinishReason;
use memloom_engine::model::packing::Row;

use crate::rollout::Outcome;
use crate::rollout::policy_model::Step;
use crate::train::decision::Decision;

/// The state at the start of a session of a rollout, the session's first prompt, or before an output
/// of a task.
#[derive(Clone, Debug)]
pub struct State {
    /// Number of the rollout within the step.
    pub trajectory: usize,
    /// The decision that follows.
    pub decision: Decision,
    /// Role. Its learner's value head predicts the value.
    pub role: Arc<str>,
    /// The prompt, without a completion.
    pub row: Row,
    /// Predicted sum of the rewards of the session and later ones.
    pub value: f64,
    /// Target of the prediction.
    pub target: f64,
}

/// Returns the states of global rollouts, with values and targets 0. A session without a
/// model output has no state. A prompt that exceeds the context is no state. `is_task` tells of an
/// episode's session whether it is a task.
pub fn states(outcomes: &[Outcome], is_task: impl Fn(usize, u32) -> bool) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    let global = outcomes.iter().enumerate();
    for (trajectory, outcome) in global.filter(|(_, outcome)| outcome.id.reroll.is_none()) {
        // Steps for questions come last and have session 0.
        let read = |step: &&Step| step.session > 0 && step.sample.finish != FinishReason::Overflow;
        for step in outcome.steps.iter().filter(read) {
            let decision = Decision::of(step, is_task(outcome.id.episode, step.session));
            let begun =
                |state: &State| (state.trajectory, state.decision) == (trajectory, decision);
            if states.last().is_some_and(begun) {
                continue;
            }
            states.push(State {
                trajectory,
                decision,
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
