//! A training run from its first part to its last.

use std::sync::Arc;

use anyhow::Result;
use memloom_algorithm::intrinsic::Intrinsic;
use memloom_engine::grammar::Grammars;

use crate::config::RunFile;
use crate::env::TrainingEnv;
use crate::run::checkpoint::{CheckpointStore, Progress};
use crate::run::jsonl;
use crate::run::jsonl::Journal;
use crate::run::progress::Console;
use crate::run::summary::Summary;
use crate::train::instructions::Instructions;
use crate::train::intrinsic;
use crate::train::learner::per_role::RoleLearners;
use crate::train::preflight::{begin, begun, fits};
use crate::train::remote_sampling::RemoteSampler;
use crate::train::replay::Replay;
use crate::train::tokenizer_setup;
use crate::train::trainer::Trainer;

/// Trains by a run file and returns the summary that it wrote.
pub fn run(file: &RunFile, resume: bool, console: Console) -> Result<Summary> {
    let out = &file.run.out;
    file.run.device.check()?;
    let begun = begun(file, resume)?;
    let env = TrainingEnv::load(file)?;
    for warning in &env.report.warnings {
        console.say(&format!("data: {warning}"));
    }
    fits(file, &env, console)?;
    if !begun {
        begin(file)?;
    }
    let tokenizer = Arc::new(tokenizer_setup::ready(file, &env)?);
    let checkpoints = CheckpointStore::of(out);
    let (progress, folder) = match checkpoints.newest()? {
        Some((progress, folder)) => (progress, Some(folder)),
        None => (Progress::start(), None),
    };
    let mut learners = RoleLearners::new(file, &env.own_roles(), &tokenizer)?;
    if let Some(folder) = &folder {
        learners.restore(folder)?;
    }
    let tried = match folder.as_deref().filter(|_| file.intrinsic.pays()) {
        Some(folder) => intrinsic::restore(folder)?,
        None => Intrinsic::default(),
    };
    let replay = match folder.as_deref().filter(|_| file.replay.replays()) {
        Some(folder) => Replay::restore(folder)?,
        None => Replay::default(),
    };
    let instructions = match folder.as_deref().filter(|_| file.instructions.used()) {
        Some(folder) => Instructions::restore(folder)?,
        None => Instructions::start(file),
    };
    let served = match env.servers.sampler() {
        Some(_) => Some(RemoteSampler::new(&out.join("served"), &learners)?),
        None => None,
    };
    let timings = out.join("timings.jsonl");
    let written = jsonl::whole_lines(&timings)?;
    let mut trainer = Trainer {
        metrics: Journal::open(&out.join("metrics.jsonl"), progress.metrics_bytes)?,
        timings: Journal::open(&timings, written)?,
        file,
        env,
        stage_env: None,
        grammars: Arc::new(Grammars::new(tokenizer)),
        learners,
        algorithm: file.algorithm.build(),
        tried,
        replay,
        instructions,
        instructed: Vec::new(),
        evaluated: file.instructions.texts.first().cloned().unwrap_or_default(),
        served,
        checkpoints,
        progress,
        console,
    };
    let baselines = trainer.baselines()?;
    trainer.warm_start()?;
    trainer.stages()?;
    trainer.finish(baselines)
}
