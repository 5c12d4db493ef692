//! The result of a zoo: a row for each system in each environment.

use serde::Serialize;

use crate::study::learning::Learnt;

/// The result of a zoo.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Commit of the binary's repository, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Processor and number of cores.
    pub machine: String,
    /// Pairs of an environment and a system, by environment.
    pub rows: Vec<Row>,
}

/// A system in an environment, over seeds.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Name of the environment.
    pub environment: String,
    /// Name of the system.
    pub system: String,
    /// Rewards with intervals, and other metrics.
    #[serde(flatten)]
    pub learnt: Learnt,
    /// Most tokens of a prompt with its output, beyond the first prompt; none without tasks.
    pub peak_tokens: Option<f64>,
    /// Tokens written times tokens seen by each; none without tasks.
    pub dependency_tokens: Option<f64>,
    /// Tokens that were fed to the backbone in updates.
    pub trained_tokens: f64,
    /// Share of a training step's CPU time in guests and host calls.
    pub guest_share: f64,
}
