//! `memloom check`: puts together what a component is checked with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memloom_runtime::check::{Check, Fixture, Report};
use memloom_runtime::{Kind, Limits, Sandbox};

use crate::runfile::RunFile;
use crate::world::data_files;

/// What to check, and with what.
pub struct Subject {
    /// The component.
    pub component: PathBuf,
    /// Everything random derives from it.
    pub seed: u64,
    /// A run file with the data, the options, and a policy's company.
    pub config: Option<PathBuf>,
    /// Data files beside the run file's.
    pub data: Vec<PathBuf>,
}

/// Checks a component under the limits that runs have by default.
pub fn run(subject: &Subject) -> Result<Report> {
    let file = subject
        .config
        .as_ref()
        .map(|path| RunFile::read(path, &[]))
        .transpose()?;
    let sandbox = Sandbox::new(Limits::default())?;
    let mut data = file
        .as_ref()
        .map_or(&[][..], |file| &file.environment.data)
        .to_vec();
    data.extend(subject.data.iter().cloned());
    let data = data_files(&data)?;
    let options = |table: Option<&toml::Table>| match table {
        Some(table) => serde_json::to_string(table),
        None => Ok("{}".into()),
    };
    let environment = options(file.as_ref().map(|file| &file.environment.options))?;
    let mut check = Check {
        seed: subject.seed,
        ..Check::default()
    };
    match sandbox.inspect(&subject.component)?.kind {
        Kind::Environment => (check.data, check.options) = (data, environment),
        Kind::Policy => {
            check.options = options(file.as_ref().map(|file| &file.policy.options))?;
            let beside = |name: &str| beside(&subject.component, name);
            let (bank, home) = match file {
                Some(file) => (file.components.bank, file.components.environment),
                None => (beside("flat.wasm")?, beside("chronicle.wasm")?),
            };
            check.fixture = Some(Fixture {
                bank: sandbox.bank(bank)?,
                environment: sandbox.environment(home)?,
                data,
                options: environment,
            });
        }
        Kind::Bank | Kind::Unknown => {}
    }
    Ok(check.run(&sandbox, &subject.component)?)
}

/// A component of memloom's own: beside the one that is checked, or where
/// `cargo xtask guests` puts it beside this binary's folder.
fn beside(component: &Path, name: &str) -> Result<PathBuf> {
    let binary = std::env::current_exe().context("cannot tell where this binary is")?;
    let built = binary
        .ancestors()
        .nth(2)
        .map(|target| target.join("components"));
    [component.parent().map(Path::to_path_buf), built]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .with_context(|| {
            format!(
                "a policy is checked among a bank and an environment, and there is no {name} beside \
                 it: run `cargo xtask guests`, or name others in a run file's [components] and pass \
                 it as --config"
            )
        })
}
