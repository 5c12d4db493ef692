//! `memloom eval`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::output;
use super::run_arguments::RunArguments;
use crate::eval::eval_set::EvalSet;
use crate::run::progress::Console;
use crate::train;

/// Evaluate the weights of a run on episodes of a split.
#[derive(Args)]
pub(super) struct Eval {
    #[command(flatten)]
    run: RunArguments,
    /// Folder with model.safetensors, config.json and tokenizer.json, or a GGUF file. Default:
    /// `run.out`/final.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// The environment's split: validation or held-out.
    #[arg(long, default_value = "held-out")]
    split: String,
    /// Number of episodes. Default: `evaluation.held_out_episodes`.
    #[arg(long)]
    episodes: Option<u64>,
    /// Sessions of each episode; 0 is all. Default: `evaluation.horizon`.
    #[arg(long)]
    horizon: Option<u32>,
    /// Print only the metrics, as JSON.
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub(super) fn run(self) -> Result<()> {
        let file = self.run.read()?;
        let set = EvalSet::new(
            &file.algorithm,
            &self.split,
            self.episodes.unwrap_or(file.evaluation.held_out_episodes),
            self.horizon.unwrap_or(file.evaluation.horizon),
        );
        let weights = self.weights.unwrap_or_else(|| file.run.out.join("final"));
        let metrics = train::evaluate(&file, &weights, &set, Console::detect(self.json))?;
        output::print(&metrics, self.json, || metrics.table())
    }
}
