//! `cargo xtask bench`: figures that the project claims, measured here and now.

mod machine;
mod runtime;
pub mod table;

use anyhow::Result;

use crate::workspace::Workspace;

/// What to measure.
#[derive(clap::Subcommand)]
pub enum Bench {
    /// Forks, calls, hostile guests, replay and memory (about half an hour);
    /// writes docs/results/runtime.json
    Runtime(runtime::Args),
}

pub fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Runtime(args) => runtime::run(workspace, args),
    }
}
