//! Whether a run can begin, or go on.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use super::checkpoint::write_file;
use super::progress::Voice;
use crate::model::inspect::Inspection;
use crate::runfile::{Learn, RunFile, ServerSection};
use crate::world::World;

/// The run file in its run's folder, with every default.
const COPY: &str = "run.toml";

/// Checks everything that can be checked without training: the components, the
/// data, the splits, the options.
pub fn check(file: &RunFile, voice: Voice) -> Result<()> {
    file.run.device.check()?;
    let world = World::load(file)?;
    for (split, horizon) in [
        (
            "train",
            file.stages.first().map_or(0, |stage| stage.horizon),
        ),
        ("validation", file.evaluation.horizon),
        ("held-out", file.evaluation.horizon),
    ] {
        world.open(split, 0, horizon)?;
    }
    fits(file, &world, voice)
}

/// Whether the run file asks for what its model's folder and the components have.
pub(super) fn fits(file: &RunFile, world: &World, voice: Voice) -> Result<()> {
    if let Some(model) = &file.backbone.path {
        for warning in Inspection::of(model)?.warnings {
            voice.say(&format!("{}: {warning}", model.display()));
        }
    }
    let roles = world.own_roles();
    ensure!(
        !roles.is_empty(),
        "servers speak for all roles of the policy {}: there is nothing to train",
        world.policy.name
    );
    if let Learn::Role(name) = &file.logo.learn {
        ensure!(
            roles.contains(name),
            "logo.learn = \"{name}\": the policy {} has the roles {} that learn; all and alternating learn from all of them",
            world.policy.name,
            roles.join(", ")
        );
    }
    let episodes = world.episodes("train")?.unwrap_or(1);
    for (number, stage) in (1..)
        .zip(&file.stages)
        .filter(|(_, stage)| stage.horizon > 0)
    {
        for index in 0..episodes {
            let opened = world.open("train", index, stage.horizon)?;
            ensure!(
                opened.sessions() >= stage.horizon,
                "stage {number} has horizon = {}, but episode {} of the split train has {} sessions: 0 takes all of them",
                stage.horizon,
                opened.id,
                opened.sessions()
            );
        }
    }
    Ok(())
}

/// Whether the run's folder is there, after checking that it is this run's.
pub(super) fn begun(file: &RunFile, resume: bool) -> Result<bool> {
    let out = &file.run.out;
    let copy = out.join(COPY);
    // How far to go, on what device, and where servers are may change between
    // resumptions; what is learned may not.
    let comparable = |file: &RunFile| {
        let mut file = file.clone();
        file.run.max_steps = None;
        file.run.out = Default::default();
        file.run.device = Default::default();
        let servers = file.outside.values_mut();
        servers.for_each(ServerSection::forget_how);
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

/// Makes the run's folder.
pub(super) fn begin(file: &RunFile) -> Result<()> {
    let out = &file.run.out;
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    write_file(&out.join(COPY), file.resolved()?.as_bytes())
}
