//! Files of demonstrations: a line of JSON about all samples, and a line for each sample.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use memloom_algorithm::reward::Charge;
use memloom_runtime::types::Message;
use serde::{Deserialize, Serialize};

use crate::config::RunFile;

/// Layout of the lines.
const VERSION: u32 = 2;

/// The first line: what all samples have in common.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Header {
    /// Layout of the file.
    pub version: u32,
    /// Name of the model on the server.
    pub model: String,
    /// Sampling temperature.
    pub temperature: f32,
    /// Sessions of each episode; 0 is all.
    pub horizon: u32,
    /// Metric of the reward.
    pub metric: String,
    /// Weight, threshold and charge of the reward's compression penalty.
    pub penalty: (f64, f64, Charge),
    /// The bank.
    pub bank: Identity,
    /// The environment.
    pub environment: Identity,
    /// BLAKE3 hashes of the environment's data files.
    pub data: Vec<String>,
    /// The policy whose prompts the model answered.
    pub policy: Identity,
}

/// A component by content.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Identity {
    /// BLAKE3 hash of the component.
    pub blake3: String,
    /// Its options: a JSON object.
    pub options: String,
}

impl Identity {
    /// Returns the identity of a run file's policy.
    pub fn of_policy(file: &RunFile) -> Result<Self> {
        Self::of(&file.components.policy, &file.policy.options)
    }

    fn of(path: &Path, options: &toml::Table) -> Result<Self> {
        Ok(Self {
            blake3: hash(path)?,
            options: serde_json::to_string(options)?,
        })
    }
}

/// Returns the BLAKE3 hash of a file.
fn hash(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

impl Header {
    /// Returns the header of samples of a model for a run file.
    ///
    /// # Errors
    /// Fails if a component or data file cannot be read.
    pub fn new(file: &RunFile, model: &str, temperature: f32, horizon: u32) -> Result<Self> {
        let (components, reward) = (&file.components, &file.algorithm);
        let data = file.environment.data.iter().map(|path| hash(path));
        Ok(Self {
            version: VERSION,
            model: model.to_owned(),
            temperature,
            horizon,
            metric: reward.metric.clone(),
            penalty: (reward.penalty, reward.threshold, reward.charge),
            bank: Identity::of(&components.bank, &file.bank.options)?,
            environment: Identity::of(&components.environment, &file.environment.options)?,
            data: data.collect::<Result<_>>()?,
            policy: Identity::of_policy(file)?,
        })
    }
}

/// An episode that a model played once.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PlayedEpisode {
    /// Number of the episode in the split train.
    pub episode: u64,
    /// Number of the sample among those of the episode.
    pub sample: u64,
    /// Reward, as evaluations measure it.
    pub reward: f64,
    /// Reward of a memory that stays empty, in the same episode.
    pub abstaining: f64,
    /// Outputs in sessions.
    pub outputs: u64,
    /// Outputs in sessions that the policy could not read.
    pub malformed: u64,
    /// All outputs in order.
    pub steps: Vec<PlayedStep>,
}

/// An output of a model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PlayedStep {
    /// Session; 0 for a question.
    pub session: u32,
    /// Role.
    pub role: String,
    /// The prompt.
    pub messages: Vec<Message>,
    /// The grammar that the policy asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<String>,
    /// The reply, after its thoughts.
    pub reply: String,
    /// False for a reply that was cut off, for all replies of a session with a malformed one,
    /// and for answers that scored 0.
    pub sound: bool,
}

/// Reads a file of demonstrations. A last line that was cut short is left out.
///
/// # Errors
/// Fails if the file cannot be read, or if a line is not one of demonstrations.
pub fn read(path: &Path) -> Result<(Header, Vec<PlayedEpisode>)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = (1..).zip(whole.lines());
    let (_, first) = lines.next().with_context(|| {
        format!(
            "{} is empty: `memloom demonstrate` writes such files",
            path.display()
        )
    })?;
    let header: Header = serde_json::from_str(first).with_context(|| {
        format!(
            "{} holds no demonstrations: `memloom demonstrate` writes such files",
            path.display()
        )
    })?;
    ensure!(
        header.version == VERSION,
        "{} has layout {}, this memloom reads {VERSION}: record it again",
        path.display(),
        header.version
    );
    let samples = lines.map(|(number, line)| {
        serde_json::from_str(line)
            .with_context(|| format!("line {number} of {} is damaged", path.display()))
    });
    Ok((header, samples.collect::<Result<_>>()?))
}
