//! `memloom model`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use memloom_engine::model::inspect::Inspection;

use super::import::Import;
use super::merge::Merge;
use super::output;
use super::speed::Speed;

/// Inspect, import, merge and time models that a run can start from.
#[derive(Args)]
pub(super) struct Model {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Inspect(Inspect),
    Import(Import),
    Merge(Merge),
    Speed(Speed),
}

/// Print the shape of a model, and whether a run can start from it.
#[derive(Args)]
struct Inspect {
    /// A folder in Hugging Face's layout (config.json, weights and tokenizer), or a GGUF file.
    folder: PathBuf,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

impl Model {
    pub(super) fn run(self) -> Result<()> {
        match self.verb {
            Verb::Inspect(Inspect { folder, json }) => {
                let inspection = Inspection::of(&folder)?;
                output::print(&inspection, json, || inspection.to_string())
            }
            Verb::Import(import) => import.run(),
            Verb::Merge(merge) => merge.run(),
            Verb::Speed(speed) => speed.run(),
        }
    }
}
