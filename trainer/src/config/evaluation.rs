//! `[evaluation]` and `[study]`: measurements, and their numbers of episodes.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Validation during training, and the held-out evaluation at its end.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationSection {
    /// Training steps between validations. At least 1. The weights with the best validation
    /// reward start the next stage (see `stage.carry`) and become the result.
    pub every: u64,
    /// Episodes of a validation. At least 1.
    pub validation_episodes: u64,
    /// Episodes of the held-out evaluation. At least 1.
    pub held_out_episodes: u64,
    /// Sessions of each episode in validation and held-out evaluation; 0 is all.
    pub horizon: u32,
    /// Sessions of each episode in a second held-out evaluation, at a horizon that no stage
    /// trains on. Default: no second evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_horizon: Option<u32>,
    /// Episodes of the second held-out evaluation.
    pub long_episodes: u64,
    /// Sampled passes of an evaluation. The sampled reward is the mean over them. At least 1.
    pub samples: u64,
    /// Sampling temperature of these passes. 0 or more; 0 is greedy.
    pub temperature: f32,
    /// They sample from the fewest most likely tokens whose probabilities sum to at least this, in
    /// (0, 1].
    pub top_p: f32,
    /// Compares the evidence in the bank with that of two baselines of as many words: random
    /// turns, and the best turns of a TF-IDF regression trained on evidence labels.
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
            samples: 1,
            temperature: 1.0,
            top_p: 1.0,
            evidence_rivals: false,
        }
    }
}

impl EvaluationSection {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.temperature >= 0.0 && self.temperature.is_finite(),
            "evaluation.temperature must be 0 or more, got {}",
            self.temperature
        );
        ensure!(
            self.top_p > 0.0 && self.top_p <= 1.0,
            "evaluation.top_p must be in (0, 1], got {}",
            self.top_p
        );
        Ok(())
    }
}

/// Measurements of `memloom study` with the weights of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudySection {
    /// Horizons that are measured, in sessions. At least one, each at least 1.
    pub horizons: Vec<u32>,
    /// Episodes of each horizon. At least 1.
    pub episodes: u64,
    /// Continuations from each state between two sessions. At least 2.
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
    /// Returns the same study with at most 2 episodes and 4 continuations.
    pub fn small(&self) -> Self {
        Self {
            horizons: self.horizons.clone(),
            episodes: self.episodes.min(2),
            continuations: self.continuations.min(4),
        }
    }

    /// Checks the ranges of the keys.
    pub fn check(&self) -> Result<()> {
        ensure!(
            !self.horizons.is_empty() && self.horizons.iter().all(|horizon| *horizon > 0),
            "study.horizons must be a list of numbers of sessions, each at least 1"
        );
        ensure!(self.episodes > 0, "study.episodes must be at least 1");
        ensure!(
            self.continuations > 1,
            "study.continuations must be at least 2, got {}: the spread needs two",
            self.continuations
        );
        Ok(())
    }
}
