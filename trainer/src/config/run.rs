//! `[run]`, `[components]`, `[environment]` and `[policy]`: what runs, and where.

use std::path::PathBuf;

use memloom_engine::device::Device;
use serde::{Deserialize, Serialize};
use toml::Table;

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
