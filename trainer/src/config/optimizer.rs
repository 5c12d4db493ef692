//! `[optimizer]` and `[warm_start]`: AdamW in the stages and before them.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use toml::Table;

/// AdamW in the stages, and the memory of updates.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSection {
    /// Learning rate of the stages. A stage can override it.
    pub learning_rate: f64,
    /// First steps of a stage, over which its learning rate rises linearly. The optimiser begins
    /// anew in each stage, and AdamW's first steps are its longest.
    pub warmup_steps: u64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Global gradient norm that gradients are clipped to.
    pub max_gradient_norm: f64,
    /// Most tokens of a micro-batch. At least 1. It bounds memory and does not change the
    /// result. A longer row is a micro-batch of its own; the longest such row of a step comes
    /// first, so that a run that needs too much memory fails early.
    pub micro_batch_tokens: usize,
    /// Activation checkpointing: an update keeps only the input of each layer and recomputes
    /// the layer in the backward pass. The same result in a fraction of the memory, about a
    /// third slower.
    pub checkpoint_layers: bool,
}

impl Default for OptimizerSection {
    fn default() -> Self {
        Self {
            learning_rate: 3e-4,
            warmup_steps: 0,
            weight_decay: 0.01,
            max_gradient_norm: 1.0,
            micro_batch_tokens: 4096,
            checkpoint_layers: false,
        }
    }
}

/// Supervised training on demonstrations before the first stage.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmStartSection {
    /// The demonstrator of the environment that is imitated.
    pub demonstrator: String,
    /// Questions of each demonstrated episode, drawn at random, that are answered as the
    /// policy's requests demonstrate. Answers that the environment scores 0 are left out. 0
    /// demonstrates no answers.
    pub questions: usize,
    /// A file that `memloom demonstrate` wrote. Its best samples are imitated instead of the
    /// environment's demonstrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demonstrations: Option<PathBuf>,
    /// Share of each episode's samples in `demonstrations` that are imitated, those with the
    /// highest rewards, in (0, 1]. At least one sample of each episode, and none whose reward
    /// is not above that of an empty memory.
    pub keep: f64,
    /// AdamW steps. 0 skips the warm start.
    pub steps: u64,
    /// Demonstrated episodes of a step. At least 1.
    pub episodes: u64,
    /// Peak learning rate: linear warm-up over a tenth of the steps, then cosine decay to a
    /// tenth.
    pub learning_rate: f64,
    /// Prompts of a step, drawn at random from those of its demonstrations, whose own tokens are
    /// learnt, too: a new model learns from them to read and to copy. The mean loss of their tokens
    /// counts as much as that of the outputs. 0 learns outputs alone.
    pub prompts: usize,
    /// Sequences of a step of 32 random words, each said twice, whose second half is learnt with the
    /// prompts' tokens: a new model learns to look up what was said before (induction heads, arXiv
    /// 2209.11895), which takes far longer from outputs alone. 0 learns none.
    pub copies: usize,
    /// Points, evenly spread up to the end, at which the share of malformed outputs is
    /// measured. 0 measures none.
    pub checks: u64,
    /// Episodes of the split validation, of as many sessions as those of the first stage, that
    /// each measurement samples greedily. At least 1.
    pub check_episodes: u64,
    /// Options of the environment that override those of `environment.options` in demonstrated
    /// episodes. Measurements and evaluations keep to `environment.options`.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub environment: Table,
}

impl WarmStartSection {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.keep > 0.0 && self.keep <= 1.0,
            "warm_start.keep must be in (0, 1], got {}",
            self.keep
        );
        Ok(())
    }
}

impl Default for WarmStartSection {
    fn default() -> Self {
        Self {
            demonstrator: "demonstrator".into(),
            questions: 4,
            demonstrations: None,
            keep: 0.25,
            steps: 300,
            episodes: 4,
            learning_rate: 2e-3,
            prompts: 0,
            copies: 0,
            checks: 4,
            check_episodes: 4,
            environment: Table::new(),
        }
    }
}
