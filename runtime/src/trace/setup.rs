//! What an episode takes place in, by name and content, so that it can be set up
//! again elsewhere.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::{Environment, EnvironmentComponent};
use crate::agent::episode::{Episode, EpisodeParts};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::LanguageModel;
use crate::load::Sandbox;
use crate::store::snapshot::hash;
use crate::types::{DataFile, LoadReport};

/// The wasmtime that runs components. A call burns the same fuel on every
/// machine, but another wasmtime may count otherwise.
const WASMTIME: &str = "48";

/// A file, by place and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name without folders, by which components know it.
    pub name: String,
    /// Where it was found; absolute.
    pub path: PathBuf,
    /// The BLAKE3 hash of its content, in hexadecimal.
    pub blake3: String,
}

/// What an episode takes place in. A trace begins with it.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, Files, Setting};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let setting = Setting::of(Files {
///     bank: "../target/components/flat.wasm".as_ref(),
///     environment: "../target/components/chronicle.wasm".as_ref(),
///     policy: "../target/components/selector.wasm".as_ref(),
///     data: &[],
/// })?;
/// assert_eq!(setting.bank.name, "flat.wasm");
/// assert_eq!(setting.bank.blake3.len(), 64);
///
/// let stage = setting.stage()?;
/// let mut episode = stage.start(Box::new(DemonstrationModel))?;
/// assert_eq!(episode.open("train", 0, 2)?.sessions, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The bank component.
    pub bank: Source,
    /// The environment component.
    pub environment: Source,
    /// The policy component.
    pub policy: Source,
    /// The environment's files.
    pub data: Vec<Source>,
    /// The environment's options: a JSON object.
    pub environment_options: String,
    /// The policy's options: a JSON object.
    pub policy_options: String,
    /// What components may use up.
    pub limits: Limits,
    /// The wasmtime that they ran on: its major version.
    pub wasmtime: String,
}

/// The files of a [`Setting`] as they are found now.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The bank component.
    pub bank: &'a Path,
    /// The environment component.
    pub environment: &'a Path,
    /// The policy component.
    pub policy: &'a Path,
    /// The environment's files.
    pub data: &'a [PathBuf],
}

impl Setting {
    /// A setting of files as they are now, with empty options and default limits.
    ///
    /// # Errors
    /// [`Error::Setting`] where a file cannot be read.
    pub fn of(files: Files<'_>) -> Result<Self, Error> {
        Ok(Self {
            bank: Source::of("bank", files.bank)?,
            environment: Source::of("environment", files.environment)?,
            policy: Source::of("policy", files.policy)?,
            data: files
                .data
                .iter()
                .map(|path| Source::of("data file", path))
                .collect::<Result<_, _>>()?,
            environment_options: "{}".into(),
            policy_options: "{}".into(),
            limits: Limits::default(),
            wasmtime: WASMTIME.into(),
        })
    }

    /// Whether it ran on another wasmtime than this one: then a call that ran out
    /// of fuel may end elsewhere, or not at all.
    pub fn is_of_another_wasmtime(&self) -> bool {
        self.wasmtime != WASMTIME
    }

    /// Loads the components and the data. Every file must have the content that
    /// the setting says.
    ///
    /// # Errors
    /// [`Error::Setting`] where a file cannot be read or has another content, and
    /// what loading the components and the data can fail with.
    pub fn stage(&self) -> Result<Stage, Error> {
        let sandbox = Sandbox::new(self.limits.clone())?;
        let read = |part, source: &Source| {
            let bytes = source.read(part)?;
            let name = Path::new(&source.name).file_stem().unwrap_or_default();
            Ok::<_, Error>((name.to_string_lossy().into_owned(), bytes))
        };
        let (name, bytes) = read("bank", &self.bank)?;
        let bank = sandbox.bank_from_bytes(&name, &bytes)?;
        let (name, bytes) = read("policy", &self.policy)?;
        let policy = sandbox.policy_from_bytes(&name, &bytes)?;
        let (name, bytes) = read("environment", &self.environment)?;
        let component = sandbox.environment_from_bytes(&name, &bytes)?;
        let files = self
            .data
            .iter()
            .map(|source| {
                Ok(DataFile {
                    name: source.name.clone(),
                    bytes: source.read("data file")?,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (mut environment, report) = load(&component, &files, self)?;
        Ok(Stage {
            parts: EpisodeParts {
                bank,
                policy,
                policy_options: self.policy_options.clone(),
                lexicon: environment.describe()?.lexicon,
            },
            setting: self.clone(),
            environment: component,
            files,
            report,
        })
    }
}

impl Source {
    /// A file as it is now; `part` says in messages what it is.
    ///
    /// # Errors
    /// [`Error::Setting`] where it cannot be read.
    pub fn of(part: &'static str, path: &Path) -> Result<Self, Error> {
        let read = || {
            let bytes = std::fs::read(path)?;
            Ok::<_, std::io::Error>((std::path::absolute(path)?, hash(&bytes)))
        };
        match read() {
            Ok((path, blake3)) => {
                let name = path.file_name().unwrap_or_default();
                let name = name.to_string_lossy().into_owned();
                Ok(Self { name, path, blake3 })
            }
            Err(error) => Err(failed(part, path, error.to_string())),
        }
    }

    /// The content, if it is still the same.
    fn read(&self, part: &'static str) -> Result<Vec<u8>, Error> {
        let bytes = std::fs::read(&self.path)
            .map_err(|error| failed(part, &self.path, error.to_string()))?;
        let found = hash(&bytes);
        if found == self.blake3 {
            return Ok(bytes);
        }
        let recorded = &self.blake3;
        let why = format!("its BLAKE3 hash is {found}, but {recorded} was recorded");
        Err(failed(part, &self.path, why))
    }
}

fn failed(part: &'static str, path: &Path, why: String) -> Error {
    Error::Setting {
        part,
        path: path.display().to_string(),
        why,
    }
}

/// A [`Setting`] that is set up: components are compiled, data is read.
///
/// `Send` and `Sync`. [`Trace`](crate::Trace) shows what is recorded and replayed on it.
pub struct Stage {
    setting: Setting,
    parts: EpisodeParts,
    environment: EnvironmentComponent,
    files: Vec<DataFile>,
    report: LoadReport,
}

impl Stage {
    /// What was set up.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// What the environment found in its data.
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    /// An agent that knows nothing yet, in the environment with its data.
    /// [`Episode::open`] opens an episode.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn start(&self, model: Box<dyn LanguageModel>) -> Result<Episode, Error> {
        let (environment, _) = load(&self.environment, &self.files, &self.setting)?;
        Episode::start(&self.parts, environment, model)
    }
}

fn load(
    component: &EnvironmentComponent,
    files: &[DataFile],
    setting: &Setting,
) -> Result<(Environment, LoadReport), Error> {
    let mut environment = component.instantiate()?;
    let report = environment.load(files, &setting.environment_options)?;
    Ok((environment, report))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_wasmtime_that_settings_name_is_the_one_that_runs() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        let line = format!("name = \"wasmtime\"\nversion = \"{WASMTIME}.");
        assert!(lock.contains(&line), "WASMTIME is not what Cargo.lock has");
    }

    #[test]
    fn a_file_of_other_content_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flat.wasm");
        std::fs::write(&path, b"one").unwrap();
        let source = Source::of("bank", &path).unwrap();
        assert_eq!(source.read("bank").unwrap(), b"one");
        std::fs::write(&path, b"two").unwrap();
        assert_eq!(
            source.read("bank").unwrap_err().to_string(),
            format!(
                "cannot set the episode up: the bank {}: its BLAKE3 hash is {}, but {} was recorded",
                path.display(),
                hash(b"two"),
                hash(b"one"),
            )
        );
    }
}
