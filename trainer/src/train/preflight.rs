//! Checks before a run begins or resumes.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use memloom_engine::model::inspect::Inspection;
use memloom_engine::tokenizer::Tokenizer;

use crate::config::{Learn, RunFile, ServerSection, Stage};
use crate::env::TrainingEnv;
use crate::run::atomic_fs::write_file;
use crate::run::progress::Console;
use crate::train::request_check::{has_control_words, requests_fit};
use crate::train::tokenizer_setup;
use crate::train::warm_start_source;

/// The run file in its run's folder, with every default.
const COPY: &str = "run.toml";

/// Checks the components, the data, the splits, the options and the policy's requests without
/// training.
pub fn check(file: &RunFile, console: Console) -> Result<()> {
    file.run.device.check()?;
    let env = TrainingEnv::load(file)?;
    for (split, horizon) in [
        (
            "train",
            file.stages.first().map_or(0, |stage| stage.horizon),
        ),
        ("validation", file.evaluation.horizon),
        ("held-out", file.evaluation.horizon),
    ] {
        env.open(split, 0, horizon)?;
    }
    fits(file, &env, console)?;
    let tokenizer = tokenizer_setup::preview(file, &env)?;
    let context = match &file.backbone.path {
        // A new model's tokenizer is not the run's, and gives no lengths.
        None => None,
        Some(model) => {
            let own = Inspection::of(model)?.context;
            Some(file.backbone.context.map_or(own, |most| most.min(own)))
        }
    };
    requests_fit(file, &env, tokenizer, context)
}

/// Checks that the run file fits its model's folder and the components. Prints warnings about
/// the folder.
pub(super) fn fits(file: &RunFile, env: &TrainingEnv, console: Console) -> Result<()> {
    warm_start_source::check(file)?;
    if let Some(model) = &file.backbone.path {
        for warning in Inspection::of(model)?.warnings {
            console.say(&format!("{}: {warning}", model.display()));
        }
        has_control_words(&Tokenizer::load(model)?, env)?;
    }
    let roles = env.own_roles();
    ensure!(
        !roles.is_empty(),
        "servers answer for all roles of the policy {}: there is nothing to train",
        env.policy.name
    );
    let of_stages = (1..).zip(&file.stages).filter_map(|(number, stage)| {
        Some((format!("stage {number}: learn"), stage.learn.as_ref()?))
    });
    let learners = [("algorithm.learn".to_owned(), &file.algorithm.learn)].into_iter();
    for (key, learn) in learners.chain(of_stages) {
        let Learn::Role(name) = learn else { continue };
        ensure!(
            roles.contains(name),
            "{key} = \"{name}\": the policy {} has the roles {} that learn; all and alternating learn from all of them",
            env.policy.name,
            roles.join(", ")
        );
    }
    env.with_own(file, &file.warm_start.environment)
        .context("warm_start.environment")?;
    for (number, stage) in (1..).zip(&file.stages) {
        let own = env.with_own(file, &stage.environment);
        let own = own.with_context(|| format!("stage {number}: environment"))?;
        has_sessions(own.as_ref().unwrap_or(env), number, stage)?;
    }
    Ok(())
}

/// Checks that the episodes of a stage, counted from 1, are as long as its horizon.
fn has_sessions(env: &TrainingEnv, number: usize, stage: &Stage) -> Result<()> {
    if stage.horizon == 0 {
        return Ok(());
    }
    for index in 0..env.episodes("train")?.unwrap_or(1) {
        let opened = env.open("train", index, stage.horizon)?;
        ensure!(
            opened.sessions() >= stage.horizon,
            "stage {number} has horizon = {}, but episode {} of the split train has {} sessions: 0 takes all of them",
            stage.horizon,
            opened.id,
            opened.sessions()
        );
    }
    Ok(())
}

/// Returns true if the run's folder holds a run, after checking that it is this run.
///
/// # Errors
/// Fails if the folder holds a run of another file, one that is not to be resumed, or none that is.
pub fn begun(file: &RunFile, resume: bool) -> Result<bool> {
    let out = &file.run.out;
    let copy = out.join(COPY);
    // A resumption may change the number of steps, the device and the servers' addresses,
    // but nothing that changes the result.
    let comparable = |file: &RunFile| {
        let mut file = file.clone();
        file.run.max_steps = None;
        file.run.out = Default::default();
        file.run.device = Default::default();
        let servers = file.servers.values_mut();
        servers.for_each(ServerSection::reset_transport);
        file.resolved()
    };
    if copy.exists() {
        ensure!(
            resume,
            "{} already holds a run: continue it with --resume, or choose another run.out",
            out.display()
        );
        let before = RunFile::read(&copy, &[])?;
        if comparable(&before)? != comparable(file)? {
            bail!(
                "{} was begun with another run file ({}): resume with that one, or choose another run.out",
                out.display(),
                copy.display()
            );
        }
        return Ok(true);
    }
    ensure!(
        !resume,
        "there is no run to resume in {}: leave --resume out to begin one",
        out.display()
    );
    Ok(false)
}

/// Creates the run's folder with a copy of the run file.
pub(super) fn begin(file: &RunFile) -> Result<()> {
    let out = &file.run.out;
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    write_file(&out.join(COPY), file.resolved()?.as_bytes())
}
