//! `memloom check`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use memloom_runtime::check::{Check as ContractCheck, Fixture, Report};
use memloom_runtime::{Kind, Limits, Sandbox};

use super::output;
use crate::config::RunFile;
use crate::env::{bank, data_files};

/// Check that a component keeps the contract: determinism, snapshots, limits, bad
/// arguments and more. Exits with 1 if it does not.
#[derive(Args)]
pub(super) struct Check {
    /// A `.wasm` component.
    component: PathBuf,
    /// A run file with the data and options that the component needs and, for a policy,
    /// the bank and environment to check it with. Default for a policy: flat and chronicle.
    #[arg(long, value_name = "RUN.toml")]
    config: Option<PathBuf>,
    /// A data file for the environment, in addition to the run file's; may be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print only the report, as JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<()> {
        let report = check(&self)?;
        output::print(&report, self.json, || report.to_string())?;
        let (failed, all) = (report.failed(), report.findings.len());
        ensure!(failed == 0, "{failed} of {all} checks failed");
        Ok(())
    }
}

/// Checks a component under the limits that runs have by default.
fn check(subject: &Check) -> Result<Report> {
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
    let mut check = ContractCheck {
        seed: subject.seed,
        ..ContractCheck::default()
    };
    match sandbox.inspect(&subject.component)?.kind {
        Kind::Environment => (check.data, check.options) = (data, environment),
        Kind::Policy => {
            check.options = options(file.as_ref().map(|file| &file.policy.options))?;
            let beside = |name: &str| beside(&subject.component, name);
            let (bank, home) = match file {
                Some(file) => (bank(&file, &sandbox)?, file.components.environment),
                None => (
                    sandbox.bank(beside("flat.wasm")?)?,
                    beside("chronicle.wasm")?,
                ),
            };
            check.fixture = Some(Fixture {
                bank,
                environment: sandbox.environment(home)?,
                data,
                options: environment,
            });
        }
        Kind::Bank => check.options = options(file.as_ref().map(|file| &file.bank.options))?,
        Kind::Unknown => {}
    }
    Ok(check.run(&sandbox, &subject.component)?)
}

/// Returns the path of one of memloom's own components: beside the one that is checked,
/// or where `cargo xtask guests` puts it beside this binary's folder.
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
                "checking a policy needs a bank and an environment, and there is no {name} beside \
                 it: run `cargo xtask guests`, or pass --config RUN.toml with [components]"
            )
        })
}
