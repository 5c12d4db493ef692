//! All tests: unit, property, whole-system and doc tests, then the guests' own.

use anyhow::Result;

use crate::workspace::{Workspace, succeed};
use crate::{examples, guests};

/// Arguments for the tests of the root workspace.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments of the root workspace's `cargo test`, for instance `-p memloom-runtime`
    #[arg(last = true)]
    extra: Vec<String>,
}

/// Builds the guests that the whole-system tests load, then tests both workspaces.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    guests::run(workspace, &guests::Args::default())?;
    examples::build_if_possible(workspace);
    // Without `--workspace`, which would keep `-p` from narrowing the tests.
    succeed(
        workspace
            .cargo()
            .args(["test", "--release"])
            .args(&args.extra),
    )?;
    succeed(workspace.guests_cargo().args(["test", "--release"]))
}
