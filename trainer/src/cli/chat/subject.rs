//! The agent that a person talks to: a run file, and weights.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use memloom_engine::device::Device;
use memloom_engine::model::config::FILE as CONFIG;
use memloom_runtime::{AgentParts, Sandbox};

use crate::config::RunFile;
use crate::env;

/// The run file in a run's folder.
const RUN_FILE: &str = "run.toml";

/// The policy and bank of a model without a run.
const OWN: [&str; 3] = ["memory-r2.wasm", "flat.wasm", "chronicle.wasm"];

/// A run file, and the weights that speak for its policy.
pub(super) struct Subject {
    pub(super) file: RunFile,
    pub(super) weights: PathBuf,
}

impl Subject {
    /// Finds the run file and weights of a run's folder, a run file, or a model's folder.
    pub(super) fn find(
        path: &Path,
        weights: Option<PathBuf>,
        settings: &[String],
        device: Option<Device>,
    ) -> Result<Self> {
        let (mut file, own_weights) = if path.join(RUN_FILE).exists() {
            let file = RunFile::read(&path.join(RUN_FILE), settings)?;
            (file, path.join("final"))
        } else if path.join(CONFIG).exists() {
            (of_model(path, settings)?, path.to_owned())
        } else if path.is_dir() {
            bail!(
                "{} is neither a run's folder (with {RUN_FILE}) nor a model's (with {CONFIG})",
                path.display()
            );
        } else {
            let file = RunFile::read(path, settings)?;
            let weights = file.run.out.join("final");
            (file, weights)
        };
        file.run.device = device.unwrap_or(file.run.device);
        let given = weights.is_some();
        let weights = weights.unwrap_or(own_weights);
        ensure!(
            given || weights.exists(),
            "there are no weights in {}: has the run ended? Name others with --weights",
            weights.display()
        );
        Ok(Self { file, weights })
    }

    /// Returns the parts of the agent. The policy knows the closed language of the environment
    /// that it was trained in.
    pub(super) fn parts(&self) -> Result<AgentParts> {
        let sandbox = Sandbox::new(self.file.limits.clone())?;
        let components = &self.file.components;
        let environment = sandbox.environment(&components.environment)?;
        Ok(AgentParts {
            bank: env::bank(&self.file, &sandbox)?,
            policy: sandbox.policy(&components.policy)?,
            policy_options: serde_json::to_string(&self.file.policy.options)?,
            lexicon: environment.instantiate()?.describe()?.lexicon,
        })
    }
}

/// Returns the run file of a model without a run: memloom's own policy and bank.
fn of_model(model: &Path, settings: &[String]) -> Result<RunFile> {
    let [policy, bank, environment] = OWN.map(component);
    let mut components = toml::Table::new();
    for (key, path) in [
        ("policy", policy?),
        ("bank", bank?),
        ("environment", environment?),
    ] {
        components.insert(key.into(), path.display().to_string().into());
    }
    let mut run = toml::Table::new();
    run.insert("out".into(), model.display().to_string().into());
    let mut table = toml::Table::new();
    table.insert("run".into(), run.into());
    table.insert("components".into(), components.into());
    RunFile::from_table(table, settings, &model.display().to_string())
}

/// Returns the path of one of memloom's own components, where `cargo xtask guests` puts it
/// beside this binary's folder.
fn component(name: &str) -> Result<PathBuf> {
    let binary = std::env::current_exe().context("cannot tell where this binary is")?;
    let target = binary.ancestors().nth(2).unwrap_or(Path::new(""));
    let path = target.join("components").join(name);
    ensure!(
        path.exists(),
        "a model without a run needs {}: run `cargo xtask guests`, or name a run file",
        path.display()
    );
    Ok(path)
}
