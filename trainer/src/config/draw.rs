//! `[draw]`: the episodes of a training step.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Training on episodes again that were neither too easy nor too hard. Without it, every step takes
/// the next episodes of the split.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrawSection {
    /// Probability that an episode of a step is drawn from those of the stage whose rollouts, the
    /// last time, had a mean return from `low` to `high`, in [0, 1]. 0 takes the next one always.
    pub share: f64,
    /// Least mean return of an episode that is drawn again.
    pub low: f64,
    /// Greatest mean return of an episode that is drawn again.
    pub high: f64,
}

impl Default for DrawSection {
    fn default() -> Self {
        Self {
            share: 0.0,
            low: 0.05,
            high: 0.75,
        }
    }
}

impl DrawSection {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.share),
            "draw.share must be in [0, 1], got {}",
            self.share
        );
        ensure!(
            self.low <= self.high,
            "draw.low is {}, and draw.high is {}: no return lies between",
            self.low,
            self.high
        );
        Ok(())
    }
}
