//! The decisions of a rollout that an algorithm weighs apart.

use serde::{Deserialize, Serialize};

use crate::rollout::Outcome;
use crate::rollout::policy_model::Step;

/// A session, or an output where outputs are weighed apart.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decision {
    /// Session, from 1.
    pub session: u32,
    /// Number of outputs before it in the task; none for a whole session.
    pub step: Option<u32>,
}

impl Decision {
    /// Returns a whole session.
    pub fn session(session: u32) -> Self {
        Self {
            session,
            step: None,
        }
    }

    /// Returns the decision that a step of a session or a task belongs to, where a task's outputs
    /// are weighed apart.
    pub fn of(step: &Step, is_task: bool) -> Self {
        Self {
            session: step.session,
            step: is_task.then_some(step.step),
        }
    }

    /// Returns whether a step in a session belongs to the decision.
    pub fn holds(self, step: &Step) -> bool {
        self.session == step.session && self.step.is_none_or(|own| own == step.step)
    }

    /// Returns the decisions of a rollout in order: each session, or each output in its place where
    /// `by_output` says so of the session. A session without an output is one decision.
    pub fn all(outcome: &Outcome, sessions: u32, by_output: impl Fn(u32) -> bool) -> Vec<Self> {
        let mut all = Vec::new();
        for session in 1..=sessions {
            let from = all.len();
            if by_output(session) {
                let own = outcome.steps.iter().filter(|step| step.session == session);
                all.extend(own.map(|step| Self::of(step, true)));
            }
            if all.len() == from {
                all.push(Self::session(session));
            }
        }
        all
    }
}
