//! All tests: unit, property, whole-system and doc tests, then the guests' own.

use anyhow::Result;

use crate::workspace::{Workspace, succeed};
use crate::{ci, examples, guests, weights};

/// Choice of the tests.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Check format and lints, then run the unit tests only
    #[arg(long, conflicts_with = "extra")]
    fast: bool,
    /// Arguments of the root workspace's `cargo test`, for instance `-p memloom-runtime`
    #[arg(last = true)]
    extra: Vec<String>,
}

/// Builds the guests and fetches the models that the whole-system tests load, then tests both
/// workspaces.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    if args.fast {
        return ci::run_fast(workspace);
    }
    guests::run(workspace, &guests::Args::default())?;
    examples::build_if_possible(workspace);
    weights::fetch_if_possible(workspace);
    // Without `--workspace`, which would keep `-p` from narrowing the tests. Every failure is shown
    // at once: the next run is minutes away.
    succeed(
        workspace
            .cargo()
            .args(["test", "--release", "--no-fail-fast"])
            .args(&args.extra),
    )?;
    succeed(workspace.guests_cargo().args(["test", "--release"]))
}
