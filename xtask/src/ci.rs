//! The checks that must pass before a change is merged, cheapest first.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::workspace::{Workspace, succeed};
use crate::{guests, test, tracked_files};

/// Clippy, in the profile of the tests, so that build scripts and macros compile once.
const CLIPPY: [&str; 4] = ["clippy", "--release", "--workspace", "--all-targets"];
const DENY: [&str; 3] = ["--", "-D", "warnings"];

/// Lints see the code with CUDA; tests see the code without.
const CUDA: [&str; 2] = ["--features", "memloom-trainer/cuda"];

const DOC: [&str; 4] = ["doc", "--release", "--workspace", "--no-deps"];

type Stage = (&'static str, fn(&Workspace) -> Result<()>);

const STAGES: [Stage; 6] = [
    ("tracked files", tracked_files::check),
    ("format", |workspace| {
        succeed(workspace.cargo().args(["fmt", "--all", "--check"]))?;
        succeed(workspace.guests_cargo().args(["fmt", "--all", "--check"]))
    }),
    ("guests", |workspace| {
        guests::run(workspace, &guests::Args::default())
    }),
    ("lints", |workspace| {
        succeed(workspace.guests_cargo().args(CLIPPY).args(DENY))?;
        succeed(workspace.cargo().args(CLIPPY).args(CUDA).args(DENY))
    }),
    ("documentation", |workspace| {
        let deny = ("RUSTDOCFLAGS", "-D warnings");
        succeed(workspace.guests_cargo().args(DOC).env(deny.0, deny.1))?;
        succeed(workspace.cargo().args(DOC).env(deny.0, deny.1))
    }),
    ("tests", |workspace| {
        test::run(workspace, &test::Args::default())
    }),
];

/// Runs the stages in order and stops at the first that fails.
pub fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    for (name, stage) in STAGES {
        eprintln!("== {name} (at {} s)", start.elapsed().as_secs());
        stage(workspace).with_context(|| format!("{name} failed"))?;
    }
    eprintln!("== all passed (at {} s)", start.elapsed().as_secs());
    Ok(())
}
