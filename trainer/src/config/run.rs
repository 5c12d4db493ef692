//! `[run]`, `[components]`, `[bank]`, `[environment]` and `[policy]`.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
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
    /// Rollouts of training that have other options, for instance without memory. Each group has
    /// all kinds, in the same numbers. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
}

/// Rollouts with other options of the policy, for instance
/// `variants = [{ share = 0.5, options = { memory_words = 0 } }]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Share of each episode's rollouts, in (0, 1]. Numbers are rounded by largest remainder. The
    /// shares of all variants sum to at most 1; the other rollouts have `policy.options` alone.
    pub share: f64,
    /// Options that override those of `policy.options`.
    pub options: Table,
}

impl PolicySection {
    /// Returns the options of a variant.
    pub fn options_of(&self, variant: &Variant) -> Table {
        let mut options = self.options.clone();
        options.extend(variant.options.clone());
        options
    }

    pub(super) fn check(&self) -> Result<()> {
        let shares = || self.variants.iter().map(|variant| variant.share);
        if let Some(share) = shares().find(|share| !(*share > 0.0 && *share <= 1.0)) {
            bail!("policy.variants: share must be in (0, 1], got {share}");
        }
        let sum: f64 = shares().sum();
        ensure!(
            sum <= 1.0 + 1e-9,
            "policy.variants: the shares sum to {sum}: they must not exceed 1"
        );
        Ok(())
    }
}
