//! Records of the fairness study: the lines of `episodes.jsonl`, and the estimators they
//! compare.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names of the advantage estimators, in the order of reports.
pub const ESTIMATORS: [&str; 6] = [
    "trajectory",
    "suffix",
    "session",
    "group-in-group",
    "local",
    "logo",
];

/// Measurements of one episode at one horizon: a line of `episodes.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Measured {
    pub(super) horizon: u32,
    pub(super) index: u64,
    pub(super) continuations: usize,
    pub(super) seconds: f64,
    /// Mean return of continuations from the start.
    pub(super) start: f64,
    /// Tokens that the rollouts generated.
    pub(super) tokens: u64,
    pub(super) samples: Vec<SessionSample>,
}

/// One session of one rollout: the measured effect of its actions, and the estimates of it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct SessionSample {
    pub(super) rollout: usize,
    pub(super) session: u32,
    pub(super) tokens: u64,
    /// Effect on the trajectory's return.
    pub(super) of_return: Truth,
    /// Effect on the session's own reward; `None` for a session without a question.
    pub(super) of_session: Option<Truth>,
    /// Advantages as training computes them, by estimator; masked ones are absent.
    pub(super) estimates: BTreeMap<String, f64>,
    /// Errors by estimator, in reward units: the mean estimate over everything random except
    /// the session itself, minus the truth.
    pub(super) errors: BTreeMap<String, Error>,
}

/// A measured advantage: a difference of means over continuations, and the square of its
/// standard error.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Truth {
    pub(super) value: f64,
    pub(super) squared_error: f64,
}

/// Error of an estimator: the bias of its mean, the share of the squared bias that the standard
/// errors of the means explain, and the variance about its mean.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Error {
    pub(super) bias: f64,
    pub(super) squared_error: f64,
    pub(super) variance: f64,
}
