//! The file of a zoo: systems and environments, and the run of each pair and seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use toml::{Table, Value};

use crate::config::{RunFile, merge, read_table};

/// A file of a zoo (TOML).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The run file of all runs, by a path relative to this file: the budget and the model.
    base: PathBuf,
    /// Folder of the runs and the report.
    out: PathBuf,
    /// Seeds of each pair.
    seeds: Vec<u64>,
    /// Systems by name.
    systems: BTreeMap<String, System>,
    /// Sections of a run file for each environment, by name.
    environments: BTreeMap<String, Table>,
}

/// A system: what its runs set in the base, everywhere and in single environments.
#[derive(Deserialize)]
struct System {
    /// Environments that it is run in. Default: all.
    #[serde(default)]
    only: Option<Vec<String>>,
    /// Sections of a run file for single environments, by name.
    #[serde(default, rename = "in")]
    within: BTreeMap<String, Table>,
    /// Sections of a run file.
    #[serde(flatten)]
    sections: Table,
}

/// The runs of a system in an environment.
pub struct Pair {
    /// Name of the system.
    pub system: String,
    /// Name of the environment.
    pub environment: String,
    /// Its runs, one for each seed.
    pub runs: Vec<RunFile>,
}

/// All pairs.
pub struct Matrix {
    /// Folder of the runs and the report.
    pub out: PathBuf,
    /// Pairs by environment, then by system.
    pub pairs: Vec<Pair>,
}

impl Matrix {
    /// Reads a file. `settings` are those of [`RunFile::read`] and hold for every run; `data` is given
    /// to every environment.
    ///
    /// # Errors
    /// Fails on a name that is no environment, without seeds, and where a run cannot be read.
    pub fn read(path: &Path, settings: &[String], data: &[PathBuf]) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let file: File = toml::from_str(&text).with_context(|| format!("{shown} is not a zoo"))?;
        ensure!(!file.seeds.is_empty(), "{shown}: seeds is empty");
        let folder = path.parent().unwrap_or(Path::new(""));
        let base = read_table(&folder.join(&file.base))?;
        let is_environment = |name: &String| file.environments.contains_key(name);
        let mut pairs = Vec::new();
        for (environment, of_environment) in &file.environments {
            for (system, of_system) in &file.systems {
                let named = of_system.only.iter().flatten();
                let mut named = named.chain(of_system.within.keys());
                if let Some(unknown) = named.find(|name| !is_environment(name)) {
                    anyhow::bail!(
                        "{shown}: {system} names the environment {unknown}, which the file has not"
                    );
                }
                let only = of_system.only.as_ref();
                if only.is_some_and(|only| !only.contains(environment)) {
                    continue;
                }
                let mut table = base.clone();
                merge(&mut table, of_environment.clone());
                merge(&mut table, of_system.sections.clone());
                if let Some(within) = of_system.within.get(environment) {
                    merge(&mut table, within.clone());
                }
                let run = |seed: &u64| {
                    let out = file.out.join(format!("{environment}-{system}-{seed}"));
                    let mut table = table.clone();
                    merge(&mut table, run_section(&out, *seed)?);
                    let name = format!("{shown}: {system} in {environment}");
                    let mut run = RunFile::from_table(table, settings, &name)?;
                    run.environment.data.extend(data.iter().cloned());
                    anyhow::Ok(run)
                };
                pairs.push(Pair {
                    system: system.clone(),
                    environment: environment.clone(),
                    runs: file.seeds.iter().map(run).collect::<Result<_>>()?,
                });
            }
        }
        ensure!(
            !pairs.is_empty(),
            "{shown}: no system is run in any environment"
        );
        Ok(Self {
            out: file.out,
            pairs,
        })
    }
}

/// Returns the section `[run]` of a run.
fn run_section(out: &Path, seed: u64) -> Result<Table> {
    let out = out.to_str().context("out is not UTF-8")?;
    let seed = i64::try_from(seed).context("a seed is too large for TOML")?;
    let own = [("out", Value::from(out)), ("seed", Value::from(seed))];
    let own: Table = own
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect();
    Ok([("run".to_owned(), Value::Table(own))]
        .into_iter()
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const BASE: &str = "[run]\nout = \"x\"\n[components]\nbank = \"flat.wasm\"\npolicy = \"p.wasm\"\nenvironment = \"e.wasm\"\n[warm_start]\nsteps = 7\n[[stage]]\nhorizon = 2\nsteps = 3\n";

    const ZOO: &str = "base = \"base.toml\"\nout = \"runs/zoo\"\nseeds = [1, 2]\n\
        [systems.a.components]\npolicy = \"a.wasm\"\n\
        [systems.a.in.far.warm_start]\nsteps = 9\n\
        [systems.b]\nonly = [\"near\"]\n[systems.b.components]\npolicy = \"b.wasm\"\nbank = \"page.wasm\"\n\
        [environments.near.components]\nenvironment = \"near.wasm\"\n\
        [environments.far.components]\nenvironment = \"far.wasm\"\n";

    fn read(zoo: &str) -> Result<Matrix> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("base.toml"), BASE).unwrap();
        let path = folder.path().join("zoo.toml");
        std::fs::write(&path, zoo).unwrap();
        Matrix::read(
            &path,
            &["algorithm.rollouts=3".into()],
            &["talks.json".into()],
        )
    }

    #[test]
    fn every_system_is_run_in_every_environment_that_it_names() {
        let matrix = read(ZOO).unwrap();
        let names = matrix.pairs.iter();
        let names: Vec<(&str, &str)> = names
            .map(|pair| (&*pair.environment, &*pair.system))
            .collect();
        assert_eq!(names, [("far", "a"), ("near", "a"), ("near", "b")]);
        let [far, near, page] = &matrix.pairs[..] else {
            panic!("three pairs");
        };
        let run = &page.runs[1];
        assert_eq!(run.run.out, Path::new("runs/zoo/near-b-2"));
        assert_eq!(run.run.seed, 2);
        assert_eq!(run.components.bank, Path::new("page.wasm"));
        assert_eq!(run.components.policy, Path::new("b.wasm"));
        assert_eq!(run.components.environment, Path::new("near.wasm"));
        assert_eq!(run.algorithm.rollouts, 3);
        assert_eq!(run.environment.data, [PathBuf::from("talks.json")]);
        assert_eq!(
            (far.runs[0].warm_start.steps, near.runs[0].warm_start.steps),
            (9, 7)
        );
    }

    #[test]
    fn what_makes_no_zoo_is_named() {
        for (from, to, part) in [
            ("[1, 2]", "[]", "seeds is empty"),
            ("\"near\"]", "\"here\"]", "b names the environment here"),
            ("in.far", "in.there", "a names the environment there"),
            ("base.toml", "none.toml", "cannot read the run file"),
            ("seeds", "seed", "is not a zoo"),
            ("bank =", "banks =", "b in near is not a run file"),
        ] {
            let why = match read(&ZOO.replace(from, to)) {
                Ok(_) => panic!("{to} was accepted"),
                Err(why) => format!("{why:#}"),
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
