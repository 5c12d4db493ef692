//! What a policy is worth on episodes that it was not trained on.

pub mod entry_history;
pub mod evidence_baselines;
pub mod metrics;
pub mod samples;
pub mod scripted_baselines;

use std::sync::Arc;

use anyhow::Result;
use memloom_algorithm::reward::Compression;
use memloom_engine::grammar::Grammars;

use self::metrics::Figures;
use crate::config::LogoSection;
use crate::env::{OpenEpisode, TrainingEnv};
use crate::rollout;
use crate::rollout::Plan;
use crate::rollout::batcher::Engine;
use crate::rollout::policy_model::{Overflows, Sampling};

/// Episodes that are rolled out at once: bounds memory, not the result.
const AT_ONCE: usize = 32;

/// Which episodes, and how a reward is computed.
#[derive(Clone, Debug)]
pub struct Exam {
    /// Split of the environment.
    pub split: String,
    /// Episodes, from the split's first.
    pub episodes: u64,
    /// Sessions of each; 0 is all.
    pub horizon: u32,
    /// Which figure of a score is the reward.
    pub metric: String,
    /// The compression penalty; evaluation charges the whole bank.
    pub compression: Compression,
}

impl Exam {
    /// An exam by the run file's rewards.
    pub fn new(logo: &LogoSection, split: &str, episodes: u64, horizon: u32) -> Self {
        Self {
            split: split.to_owned(),
            episodes,
            horizon,
            metric: logo.metric.clone(),
            compression: Compression {
                penalty: logo.penalty,
                threshold: logo.threshold,
                charge: logo.charge,
            },
        }
    }

    /// Opens the exam's episodes.
    pub fn open(&self, env: &TrainingEnv) -> Result<Vec<OpenEpisode>> {
        (0..env.at_most(&self.split, self.episodes)?)
            .map(|index| env.open(&self.split, index, self.horizon))
            .collect()
    }
}

/// Rolls each of the exam's episodes out once. `done` hears how many have ended.
pub fn examine(
    exam: &Exam,
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
    done: &mut dyn FnMut(usize),
) -> Result<Figures> {
    let episodes = exam.open(env)?;
    let mut figures = Vec::new();
    for (batch, opened) in episodes.chunks(AT_ONCE).enumerate() {
        let plan = Plan {
            grammars,
            rollouts: 1,
            anchors: &[],
            kept: &[],
            rerolls: 0,
            asks: true,
            names_states: false,
            sampling: Sampling {
                occasion: [sampling.occasion[0], sampling.occasion[1] + batch as u64],
                ..sampling
            },
        };
        let outcomes = rollout::run(&plan, opened, engine)?;
        for (outcome, opened) in outcomes.iter().zip(opened) {
            let mut overflows = Overflows::default();
            outcome.steps.iter().for_each(|step| overflows.count(step));
            figures.push(Figures {
                context_cuts: overflows.context_cuts as f64,
                context_overflows: overflows.context_overflows as f64,
                ..metrics::of(exam, opened, &outcome.result)?
            });
        }
        done(figures.len());
    }
    Ok(Figures::mean(&figures))
}
