//! `[replay]`: outputs of earlier successes in a training step.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Training on earlier rollouts that solved their episode, one of each, while the policy would do the
/// like again but not surely (WebRL, arXiv 2411.02337). `algorithm.name = "webrl"` only, since the
/// outputs are those of earlier policies.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplaySection {
    /// Most outputs that are replayed in a step, as a multiple of those that it sampled. 0 replays
    /// none.
    pub share: f64,
    /// Rollouts whose tokens have a geometric mean probability up to this are not replayed.
    pub low: f64,
    /// Rollouts whose tokens have a geometric mean probability above this are not replayed.
    pub high: f64,
    /// Most rollouts that are kept, the newest. At least 1.
    pub rollouts: usize,
}

impl Default for ReplaySection {
    fn default() -> Self {
        Self {
            share: 0.0,
            low: 0.5,
            high: 0.95,
            rollouts: 1000,
        }
    }
}

impl ReplaySection {
    /// Returns whether anything is replayed.
    pub fn replays(&self) -> bool {
        self.share > 0.0
    }

    pub(super) fn check(&self, off_policy: bool) -> Result<()> {
        ensure!(
            self.share >= 0.0 && self.share.is_finite(),
            "replay.share must be 0 or more, got {}",
            self.share
        );
        ensure!(
            off_policy || !self.replays(),
            "replay.share trains on outputs of earlier policies: set algorithm.name = \"webrl\""
        );
        ensure!(
            self.low < self.high,
            "replay.low is {}, and replay.high is {}: no probability lies between",
            self.low,
            self.high
        );
        ensure!(self.rollouts > 0, "replay.rollouts must be at least 1");
        Ok(())
    }
}
