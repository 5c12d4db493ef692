//! The course of one session: what was done, and what it came to.

use serde::{Deserialize, Serialize};

use crate::puzzle::term::Term;

/// The worth of an answer, each in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The reward.
    pub reward: f32,
    /// 1 if the answer is exactly right.
    pub em: f32,
    /// F1 over words.
    pub f1: f32,
}

/// The course of one session. A dialogue's stays as it began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The number of actions.
    pub acts: u32,
    /// The coins that were spent.
    pub spent: u32,
    /// The number of questions to advisers.
    pub asked: u32,
    /// The number of those to an adviser who is good at the domain.
    pub well_asked: u32,
    /// The number of faults of form: actions that are none, and 1 if the actions ran out.
    pub faults: u32,
    /// The score of the form of an answer that is a trace, in [0, 1].
    pub form: f32,
    /// The numbers of a puzzle that are left.
    pub left: Vec<Term>,
    /// The texts that were observed, in order.
    pub observed: Vec<String>,
    /// True once the task is over.
    pub over: bool,
    /// The task's result; all zero until it is over.
    pub outcome: Outcome,
}

impl Visit {
    /// Ends the task with an outcome.
    pub fn end(&mut self, outcome: Outcome) {
        self.over = true;
        self.outcome = outcome;
    }
}
