//! `[evaluation]` and `[study]`: what is measured, and on how many episodes.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// `[evaluation]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationSection {
    /// LoGo-GRPO steps between validations; the best weights go on to the next
    /// stage and become the result.
    pub every: u64,
    /// Episodes of the validation split.
    pub validation_episodes: u64,
    /// Episodes of the held-out split.
    pub held_out_episodes: u64,
    /// Horizon of validation and of the main held-out report; 0 is all sessions.
    pub horizon: u32,
    /// A horizon never trained on, reported beside; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_horizon: Option<u32>,
    /// Held-out episodes at `long_horizon`.
    pub long_episodes: u64,
    /// Reports how much evidence random turns and a TF-IDF regression trained
    /// on evidence labels keep in as many words.
    pub evidence_rivals: bool,
}

impl Default for EvaluationSection {
    fn default() -> Self {
        Self {
            every: 20,
            validation_episodes: 24,
            held_out_episodes: 60,
            horizon: 0,
            long_horizon: None,
            long_episodes: 24,
            evidence_rivals: false,
        }
    }
}

/// `[study]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudySection {
    /// Sessions of the episodes that are measured.
    pub horizons: Vec<u32>,
    /// Episodes of each horizon.
    pub episodes: u64,
    /// Continuations from every state between two sessions.
    pub continuations: usize,
}

impl Default for StudySection {
    fn default() -> Self {
        Self {
            horizons: vec![8, 16, 32],
            episodes: 24,
            continuations: 16,
        }
    }
}

impl StudySection {
    /// The same horizons with less of everything: for a first look.
    pub fn small(&self) -> Self {
        Self {
            horizons: self.horizons.clone(),
            episodes: self.episodes.min(2),
            continuations: self.continuations.min(4),
        }
    }

    /// Whether it can be measured.
    pub fn check(&self) -> Result<()> {
        ensure!(
            !self.horizons.is_empty() && self.horizons.iter().all(|horizon| *horizon > 0),
            "study.horizons must name numbers of sessions, each at least 1"
        );
        ensure!(self.episodes > 0, "study.episodes must be at least 1");
        ensure!(
            self.continuations > 1,
            "study.continuations = {}: at least 2 tell how far they scatter",
            self.continuations
        );
        Ok(())
    }
}
