//! The state of a training run.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::intrinsic::Intrinsic;
use memloom_engine::grammar::Grammars;
use serde::{Deserialize, Serialize};

use crate::config::RunFile;
use crate::env::TrainingEnv;
use crate::rollout::batcher::{AtOnce, Engine};
use crate::run::atomic_fs::write_file;
use crate::run::checkpoint::{CheckpointStore, Progress};
use crate::run::jsonl::Journal;
use crate::run::progress::Console;
use crate::run::timings::Timing;
use crate::train::instructions::Instructions;
use crate::train::intrinsic;
use crate::train::learner::per_role::RoleLearners;
use crate::train::remote_sampling::RemoteSampler;
use crate::train::replay::Replay;

/// The state that the parts of a run share.
pub(super) struct Trainer<'a> {
    pub(super) file: &'a RunFile,
    pub(super) env: TrainingEnv,
    /// The environment of the stage's or the warm start's training, if that gives it options of its
    /// own.
    pub(super) stage_env: Option<TrainingEnv>,
    pub(super) grammars: Arc<Grammars>,
    pub(super) learners: RoleLearners,
    pub(super) algorithm: Box<dyn Algorithm>,
    /// What succeeded and failed before; empty unless `[intrinsic]` pays.
    pub(super) tried: Intrinsic,
    /// Earlier successes; empty unless `[replay]` trains on them again.
    pub(super) replay: Replay,
    /// The instructions of `[instructions]`, if there are any.
    pub(super) instructions: Instructions,
    /// The environment of the stage's training for each of them.
    pub(super) instructed: Vec<TrainingEnv>,
    /// The instruction that `env` has.
    pub(super) evaluated: String,
    /// The sampler of a server; `None` if the trainer's own engine samples.
    pub(super) served: Option<RemoteSampler>,
    pub(super) checkpoints: CheckpointStore,
    pub(super) progress: Progress,
    pub(super) metrics: Journal,
    pub(super) timings: Journal,
    pub(super) console: Console,
}

impl Trainer<'_> {
    /// Returns the environment that training reads.
    pub(super) fn training_env(&self) -> &TrainingEnv {
        self.stage_env.as_ref().unwrap_or(&self.env)
    }

    /// Returns the engine or server that samples with the present weights.
    pub(super) fn engine(&self) -> Box<dyn Engine + '_> {
        match (&self.served, self.env.servers.sampler()) {
            (Some(served), Some(server)) => {
                Box::new(AtOnce::new(|jobs| served.generate(server, jobs)))
            }
            _ => Box::new(self.learners.engine()),
        }
    }

    /// Sends the present weights to the server that samples, if there is one.
    pub(super) fn push_weights(&mut self) -> Result<()> {
        match (&mut self.served, self.env.servers.sampler()) {
            (Some(served), Some(server)) => {
                served.push_weights(server, self.file, &self.learners, self.grammars.tokenizer())
            }
            _ => Ok(()),
        }
    }

    /// Reads a JSON file of the run's folder, or makes and writes it if it does not exist.
    pub(super) fn once<T: Serialize + for<'de> Deserialize<'de>>(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let path = self.file.run.out.join(name);
        if path.exists() {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "{} is damaged: remove it, and --resume makes it again",
                    path.display()
                )
            });
        }
        let began = Instant::now();
        let value = make(self)?;
        write_file(&path, &serde_json::to_vec_pretty(&value)?)?;
        self.time(Timing::new(name, 0, began))?;
        Ok(value)
    }

    /// Writes a line of `timings.jsonl`, with the usage of servers.
    pub(super) fn time(&mut self, mut timing: Timing) -> Result<()> {
        timing.device_bytes = self.file.run.device.taken_bytes()?;
        timing.servers = self.env.servers.take_usage();
        self.timings.write(&timing)
    }

    pub(super) fn begin_stage(&mut self) {
        self.progress.best = None;
        self.progress.gate_open = false;
        self.progress.returns.clear();
        self.learners.begin_stage();
    }

    pub(super) fn save(&mut self) -> Result<()> {
        self.metrics.sync()?;
        self.progress.metrics_bytes = self.metrics.length();
        let (file, learners) = (self.file, &self.learners);
        let (tried, replay, instructions) = (&self.tried, &self.replay, &self.instructions);
        self.checkpoints.save(&self.progress, |folder| {
            if file.intrinsic.pays() {
                intrinsic::save(tried, folder)?;
            }
            if file.replay.replays() {
                replay.save(folder)?;
            }
            if file.instructions.used() {
                instructions.save(folder)?;
            }
            learners.save(folder)
        })
    }
}
