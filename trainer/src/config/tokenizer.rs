//! The smaller sections, with their defaults.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use memloom_engine::device::Device;
use serde::{Deserialize, Serialize};
use toml::Table;

/// `[embedder]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// A folder as Hugging Face and `sentence-transformers` lay it out: an encoder of
    /// the BERT family (MiniLM, BGE, E5, GTE) with its tokenizer.
    pub path: PathBuf,
}

/// `[study]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudySection {
    /// Sessions of the episodes that are measured.
    pub horizons: Vec<u32>,
    /// Episodes of each horizon.
    pub episodes: u64,
    /// Continuations from every state between two sessions.
    pub continuations: usize,
}

impl Default for StudySection {
    fn default() -> Self {
        Self {
            horizons: vec![8, 16, 32],
            episodes: 24,
            continuations: 16,
        }
    }
}

impl StudySection {
    /// The same horizons with less of everything: for a first look.
    pub fn small(&self) -> Self {
        Self {
            horizons: self.horizons.clone(),
            episodes: self.episodes.min(2),
            continuations: self.continuations.min(4),
        }
    }

    /// Whether it can be measured.
    pub fn check(&self) -> Result<()> {
        ensure!(
            !self.horizons.is_empty() && self.horizons.iter().all(|horizon| *horizon > 0),
            "study.horizons must name numbers of sessions, each at least 1"
        );
        ensure!(self.episodes > 0, "study.episodes must be at least 1");
        ensure!(
            self.continuations > 1,
            "study.continuations = {}: at least 2 tell how far they scatter",
            self.continuations
        );
        Ok(())
    }
}

/// `[run]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// Folder of the run: checkpoints, metrics, summary.
    pub out: PathBuf,
    /// Where models train and sample: `cpu`, or `cuda:0` and so on, if the program was
    /// built for it. `--device` says so, too. Default `cpu`.
    #[serde(default)]
    pub device: Device,
    /// Everything random derives from it. Default 1.
    #[serde(default = "one")]
    pub seed: u64,
    /// Stops after this many LoGo-GRPO steps over all stages, if the stages
    /// have not ended before. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Steps (warm start and LoGo-GRPO) between checkpoints. Default 10.
    #[serde(default = "ten")]
    pub checkpoint_every: u64,
}

fn one() -> u64 {
    1
}

fn ten() -> u64 {
    10
}

/// `[components]`: paths of `.wasm` files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Components {
    /// A component of the world `memory-bank`.
    pub bank: PathBuf,
    /// A component of the world `task-environment`.
    pub environment: PathBuf,
    /// A component of the world `memory-policy`.
    pub policy: PathBuf,
}

/// `[environment]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentSection {
    /// Files that the environment reads; `--data` adds to them.
    pub data: Vec<PathBuf>,
    /// Options of the environment's own.
    pub options: Table,
}

/// `[policy]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySection {
    /// Options of the policy's own.
    pub options: Table,
}

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerKind {
    /// One token a word, lower-cased: for closed languages.
    Words,
    /// Byte-level BPE: for real text.
    Bytes,
}

/// `[tokenizer]`: trained on the text of the training split.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerSection {
    /// `words` or `bytes`.
    pub kind: TokenizerKind,
    /// Most tokens in the vocabulary.
    pub vocabulary: usize,
    /// Episodes of the training split whose text is read.
    pub episodes: u64,
}

impl Default for TokenizerSection {
    fn default() -> Self {
        Self {
            kind: TokenizerKind::Words,
            vocabulary: 2048,
            episodes: 200,
        }
    }
}

/// `[warm_start]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmStartSection {
    /// Who is imitated: a demonstrator of the environment.
    pub demonstrator: String,
    /// AdamW steps; 0 starts from random weights.
    pub steps: u64,
    /// Demonstrated episodes in a step.
    pub episodes: u64,
    /// Peak learning rate; linear warm-up over a tenth of the steps, then cosine to a tenth.
    pub learning_rate: f64,
}

impl Default for WarmStartSection {
    fn default() -> Self {
        Self {
            demonstrator: "demonstrator".into(),
            steps: 300,
            episodes: 4,
            learning_rate: 2e-3,
        }
    }
}

/// `[optimizer]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSection {
    /// Learning rate of the stages; a stage may name its own.
    pub learning_rate: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_gradient_norm: f64,
    /// Tokens of a micro-batch: bounds memory, not the result. A row that is longer is a
    /// micro-batch of its own; the longest such row of a step comes first, so that too
    /// little memory shows at once.
    pub micro_batch_tokens: usize,
    /// Whether an update keeps no more of a layer than its input and runs the layer
    /// again for its gradient: the same result, about a third slower, in a fraction of
    /// the memory. Default false.
    pub checkpoint_layers: bool,
}

impl Default for OptimizerSection {
    fn default() -> Self {
        Self {
            learning_rate: 3e-4,
            weight_decay: 0.01,
            max_gradient_norm: 1.0,
            micro_batch_tokens: 4096,
            checkpoint_layers: false,
        }
    }
}

/// `[evaluation]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationSection {
    /// LoGo-GRPO steps between validations; the best weights go on to the next
    /// stage and become the result.
    pub every: u64,
    /// Episodes of the validation split.
    pub validation_episodes: u64,
    /// Episodes of the held-out split.
    pub held_out_episodes: u64,
    /// Horizon of validation and of the main held-out report; 0 is all sessions.
    pub horizon: u32,
    /// A horizon never trained on, reported beside; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_horizon: Option<u32>,
    /// Held-out episodes at `long_horizon`.
    pub long_episodes: u64,
    /// Reports how much evidence random turns and a TF-IDF regression trained
    /// on evidence labels keep in as many words.
    pub evidence_rivals: bool,
}

impl Default for EvaluationSection {
    fn default() -> Self {
        Self {
            every: 20,
            validation_episodes: 24,
            held_out_episodes: 60,
            horizon: 0,
            long_horizon: None,
            long_episodes: 24,
            evidence_rivals: false,
        }
    }
}
