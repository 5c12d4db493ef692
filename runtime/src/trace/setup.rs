//! The setup of an episode: components, data and options, by name and content, so that
//! it can be loaded again elsewhere.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agent::AgentParts;
use crate::agent::episode::Episode;
use crate::environment::{Environment, EnvironmentComponent};
use crate::error::Error;
use crate::limits::Limits;
use crate::load::Sandbox;
use crate::model::LanguageModel;
use crate::store::snapshot::hash;
use crate::types::{DataFile, LoadReport};

/// The major version of wasmtime. A call burns the same fuel on every machine, but
/// another version may count differently.
const WASMTIME: &str = "48";

/// A file, by path and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name without folders, under which components see it.
    pub name: String,
    /// Its absolute path.
    pub path: PathBuf,
    /// The BLAKE3 hash of its content, in hexadecimal.
    pub blake3: String,
}

/// The components, data, options and limits of an episode. A trace begins with it.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, EpisodeSetup, SetupFiles};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let setup = EpisodeSetup::from_files(SetupFiles {
///     bank: "../target/components/flat.wasm".as_ref(),
///     environment: "../target/components/chronicle.wasm".as_ref(),
///     policy: "../target/components/selector.wasm".as_ref(),
///     data: &[],
/// })?;
/// assert_eq!(setup.bank.name, "flat.wasm");
/// assert_eq!(setup.bank.blake3.len(), 64);
///
/// let loaded = setup.load()?;
/// let mut episode = loaded.start(Box::new(DemonstrationModel))?;
/// assert_eq!(episode.open("train", 0, 2)?.sessions, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeSetup {
    /// The bank component.
    pub bank: Source,
    /// The environment component.
    pub environment: Source,
    /// The policy component.
    pub policy: Source,
    /// The environment's files.
    pub data: Vec<Source>,
    /// The bank's options: a JSON object.
    pub bank_options: String,
    /// The environment's options: a JSON object.
    pub environment_options: String,
    /// The policy's options: a JSON object.
    pub policy_options: String,
    /// The limits on components.
    pub limits: Limits,
    /// The major version of wasmtime on which they ran.
    pub wasmtime: String,
}

/// The files of an [`EpisodeSetup`] as they are now.
#[derive(Clone, Copy, Debug)]
pub struct SetupFiles<'a> {
    /// The bank component.
    pub bank: &'a Path,
    /// The environment component.
    pub environment: &'a Path,
    /// The policy component.
    pub policy: &'a Path,
    /// The environment's files.
    pub data: &'a [PathBuf],
}

impl EpisodeSetup {
    /// Returns a setup of files as they are now, with empty options and default limits.
    ///
    /// # Errors
    /// [`Error::Setup`] if a file cannot be read.
    pub fn from_files(files: SetupFiles<'_>) -> Result<Self, Error> {
        Ok(Self {
            bank: Source::from_path("bank", files.bank)?,
            environment: Source::from_path("environment", files.environment)?,
            policy: Source::from_path("policy", files.policy)?,
            data: files
                .data
                .iter()
                .map(|path| Source::from_path("data file", path))
                .collect::<Result<_, _>>()?,
            bank_options: "{}".into(),
            environment_options: "{}".into(),
            policy_options: "{}".into(),
            limits: Limits::default(),
            wasmtime: WASMTIME.into(),
        })
    }

    /// Returns whether it ran on another version of wasmtime. Then a call that ran out of
    /// fuel may end at another point, or not at all.
    pub fn ran_on_other_wasmtime(&self) -> bool {
        self.wasmtime != WASMTIME
    }

    /// Loads the components and the data. Every file must have the content that the setup
    /// names.
    ///
    /// # Errors
    /// [`Error::Setup`] if a file cannot be read or has other content, and the errors of
    /// loading components and data.
    pub fn load(&self) -> Result<LoadedSetup, Error> {
        let sandbox = Sandbox::new(self.limits.clone())?;
        let read = |part, source: &Source| {
            let bytes = source.read(part)?;
            let name = Path::new(&source.name).file_stem().unwrap_or_default();
            Ok::<_, Error>((name.to_string_lossy().into_owned(), bytes))
        };
        let (name, bytes) = read("bank", &self.bank)?;
        let bank = sandbox.bank_from_bytes(&name, &bytes)?;
        let bank = bank.with_options(&*self.bank_options);
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
        let (mut environment, report) = load_data(&component, &files, self)?;
        Ok(LoadedSetup {
            parts: AgentParts {
                bank,
                policy,
                policy_options: self.policy_options.clone(),
                lexicon: environment.describe()?.lexicon,
            },
            setup: self.clone(),
            environment: component,
            files,
            report,
        })
    }
}

impl Source {
    /// Returns a file with its present content; `part` is its role in messages.
    ///
    /// # Errors
    /// [`Error::Setup`] if it cannot be read.
    pub fn from_path(part: &'static str, path: &Path) -> Result<Self, Error> {
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

    /// Reads the content, which must match the hash.
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
    Error::Setup {
        part,
        path: path.display().to_string(),
        why,
    }
}

/// An [`EpisodeSetup`] with compiled components and loaded data.
///
/// `Send` and `Sync`. [`Trace`](crate::Trace) has an example that records and replays.
pub struct LoadedSetup {
    setup: EpisodeSetup,
    parts: AgentParts,
    environment: EnvironmentComponent,
    files: Vec<DataFile>,
    report: LoadReport,
}

impl LoadedSetup {
    /// Returns the setup that was loaded.
    pub fn setup(&self) -> &EpisodeSetup {
        &self.setup
    }

    /// Returns the environment's report on its data.
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    /// Returns an agent with an empty memory in the environment with its data.
    /// [`Episode::open`] opens an episode.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn start(&self, model: Box<dyn LanguageModel>) -> Result<Episode, Error> {
        let (environment, _) = load_data(&self.environment, &self.files, &self.setup)?;
        Episode::start(&self.parts, environment, model)
    }
}

/// Returns an environment with the setup's data and options.
fn load_data(
    component: &EnvironmentComponent,
    files: &[DataFile],
    setup: &EpisodeSetup,
) -> Result<(Environment, LoadReport), Error> {
    let mut environment = component.instantiate()?;
    let report = environment.load(files, &setup.environment_options)?;
    Ok((environment, report))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn setups_name_the_wasmtime_that_runs() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        let line = format!("name = \"wasmtime\"\nversion = \"{WASMTIME}.");
        assert!(lock.contains(&line), "WASMTIME differs from Cargo.lock");
    }

    #[test]
    fn a_file_of_other_content_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flat.wasm");
        std::fs::write(&path, b"one").unwrap();
        let source = Source::from_path("bank", &path).unwrap();
        assert_eq!(source.read("bank").unwrap(), b"one");
        std::fs::write(&path, b"two").unwrap();
        assert_eq!(
            source.read("bank").unwrap_err().to_string(),
            format!(
                "cannot set up the episode: bank {}: its BLAKE3 hash is {}, but {} was recorded",
                path.display(),
                hash(b"two"),
                hash(b"one"),
            )
        );
    }
}
