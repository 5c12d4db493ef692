//! `memloom zoo`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::output;
use crate::run::progress::Console;
use crate::study::zoo;

/// Train systems in environments at one budget, and compare what each learnt and cost. A zoo that was
/// interrupted goes on.
#[derive(Args)]
pub(super) struct Zoo {
    /// The file of the zoo (TOML).
    zoo: PathBuf,
    /// Set a key of every run, for instance `warm_start.steps=10`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A data file for every environment; may be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Print only the result, as JSON.
    #[arg(long)]
    json: bool,
}

impl Zoo {
    pub(super) fn run(self) -> Result<()> {
        let console = Console::detect(self.json);
        let report = zoo::run(&self.zoo, &self.settings, &self.data, console)?;
        output::print(&report, self.json, || zoo::text(&report))
    }
}
