//! The episodes of an evaluation and its reward.

use anyhow::Result;
use memloom_algorithm::reward::Compression;

use crate::config::AlgorithmSection;
use crate::env::{OpenEpisode, TrainingEnv};

/// The episodes of an evaluation, and the rule of their reward.
#[derive(Clone, Debug)]
pub struct EvalSet {
    /// Split of the environment.
    pub split: String,
    /// Number of episodes, from the split's first.
    pub episodes: u64,
    /// Sessions of each episode; 0 for all.
    pub horizon: u32,
    /// Metric of a score that is the reward.
    pub metric: String,
    /// Compression penalty, charged for the whole bank.
    pub compression: Compression,
}

impl EvalSet {
    /// Returns a set whose reward is the run file's.
    pub fn new(section: &AlgorithmSection, split: &str, episodes: u64, horizon: u32) -> Self {
        Self {
            split: split.to_owned(),
            episodes,
            horizon,
            metric: section.metric.clone(),
            compression: Compression {
                penalty: section.penalty,
                threshold: section.threshold,
                charge: section.charge,
            },
        }
    }

    /// Opens the episodes, at most as many as the split has.
    ///
    /// # Errors
    /// Fails if the environment cannot open an episode.
    pub fn open(&self, env: &TrainingEnv) -> Result<Vec<OpenEpisode>> {
        (0..env.at_most(&self.split, self.episodes)?)
            .map(|index| env.open(&self.split, index, self.horizon))
            .collect()
    }
}
