//! `[intrinsic]`: rewards by what succeeded and failed before.

use anyhow::{Result, ensure};
use memloom_algorithm::intrinsic::{Scale, Settings};
use serde::{Deserialize, Serialize};

/// Rewards of a task's or a learning answer's last output for being near to outputs that succeeded,
/// and unlike outputs that failed, at the nearest questions before (Memory-R+, arXiv 2504.02273).
/// Outputs and questions are compared by the vectors of an embedder. Evaluations have no such
/// reward.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntrinsicSection {
    /// Weight of nearness to the mean of what succeeded. 0 or more.
    pub exploit: f64,
    /// Weight of unlikeness to the likest of what failed. 0 or more.
    pub explore: f64,
    /// Questions, the nearest ones, whose outputs are compared with. At least 1.
    pub neighbours: usize,
    /// Most outputs that are kept of a question, the newest. At least 1.
    pub values: usize,
    /// Most questions that are kept, the newest. At least 1.
    pub questions: usize,
    /// The last distances among which one is scaled. At least 1.
    pub window: usize,
    /// Questions with failures before `explore` pays.
    pub begin: usize,
    /// Least score of an output that succeeded.
    pub success: f64,
    /// The distances among which one is scaled to [0, 1]: the last ones (`window`), or those of the
    /// group that is compared (`group`).
    pub scale: Scale,
}

impl Default for IntrinsicSection {
    fn default() -> Self {
        Self {
            exploit: 0.0,
            explore: 0.0,
            neighbours: 1,
            values: 100,
            questions: 10_000,
            window: 100,
            begin: 500,
            success: 1.0,
            scale: Scale::Window,
        }
    }
}

impl IntrinsicSection {
    /// Returns whether anything is paid.
    pub fn pays(&self) -> bool {
        self.exploit > 0.0 || self.explore > 0.0
    }

    /// Returns the settings of the rewards.
    pub fn settings(&self) -> Settings {
        Settings {
            exploit: self.exploit,
            explore: self.explore,
            neighbours: self.neighbours,
            values: self.values,
            questions: self.questions,
            window: self.window,
            begin: self.begin,
            success: self.success,
            scale: self.scale,
        }
    }

    /// Refuses settings out of range, and payment without an embedder.
    pub(super) fn check(&self, has_embedder: bool) -> Result<()> {
        for (key, weight) in [("exploit", self.exploit), ("explore", self.explore)] {
            ensure!(
                weight >= 0.0 && weight.is_finite(),
                "intrinsic.{key} must be 0 or more, got {weight}"
            );
        }
        let at_least_one = [
            ("neighbours", self.neighbours),
            ("values", self.values),
            ("questions", self.questions),
            ("window", self.window),
        ];
        for (key, value) in at_least_one {
            ensure!(value > 0, "intrinsic.{key} must be at least 1");
        }
        ensure!(
            self.success.is_finite(),
            "intrinsic.success must be a number, got {}",
            self.success
        );
        ensure!(
            !self.pays() || has_embedder,
            "intrinsic compares outputs by their vectors: name an embedder in [embedder] or [servers.{}]",
            super::EMBEDDER
        );
        Ok(())
    }
}
