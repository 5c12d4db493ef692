//! `[run]`, `[components]`, `[bank]`, `[environment]` and `[policy]`.

use std::path::PathBuf;

use memloom_engine::device::Device;
use serde::{Deserialize, Serialize};
use toml::Table;

/// The files, device, seed and length of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// Folder of the run's files: checkpoints, metrics, summary.
    pub out: PathBuf,
    /// Device that trains and samples: `cpu`, or `cuda:0` and so on in a build with the
    /// feature `cuda`. `--device` overrides it.
    #[serde(default)]
    pub device: Device,
    /// Seed of everything random.
    #[serde(default = "one")]
    pub seed: u64,
    /// Most training steps over all stages. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Steps between checkpoints, in the warm start and in the stages. At least 1.
    #[serde(default = "ten")]
    pub checkpoint_every: u64,
}

fn one() -> u64 {
    1
}

fn ten() -> u64 {
    10
}

/// The Wasm components of a run: paths of `.wasm` files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Components {
    /// The memory bank: a component of the world `memory-bank`.
    pub bank: PathBuf,
    /// The environment: a component of the world `task-environment`.
    pub environment: PathBuf,
    /// The policy: a component of the world `memory-policy`.
    pub policy: PathBuf,
}

/// Data and options of the environment.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentSection {
    /// Data files that the environment reads. `--data` adds more.
    pub data: Vec<PathBuf>,
    /// Options of the environment, which its own documentation lists.
    pub options: Table,
}

/// Options of the bank.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankSection {
    /// Options of the bank, which its own documentation lists.
    pub options: Table,
}

/// Options of the policy.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySection {
    /// Options of the policy, which its own documentation lists.
    pub options: Table,
}
