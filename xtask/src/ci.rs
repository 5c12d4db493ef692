//! All checks that must pass before a change is merged: `cargo xtask ci`, and their quick part,
//! `cargo xtask test --fast`.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::workspace::{Workspace, cargo, succeed};
use crate::{files, guests, test, tracked_files};

/// Clippy, in the profile of the tests, so that build scripts and macros compile once.
const CLIPPY: [&str; 4] = ["clippy", "--release", "--workspace", "--all-targets"];
const DENY: [&str; 3] = ["--", "-D", "warnings"];

/// Lints see the code with CUDA; tests see the code without.
const CUDA: [&str; 2] = ["--features", "memloom-trainer/cuda"];

const DOC: [&str; 4] = ["doc", "--release", "--workspace", "--no-deps"];

/// The files of a macro's modules, which `cargo fmt` does not find.
const MACRO_MODULES: &str = "trainer/algorithm/src/algorithms";

type Stage = (&'static str, fn(&Workspace) -> Result<()>);

const STAGES: [Stage; 7] = [
    ("tracked files", tracked_files::check),
    ("format", format),
    ("dependencies", dependencies),
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

/// The stages of `cargo xtask test --fast`.
const FAST_STAGES: [Stage; 3] = [
    ("format", format),
    ("lints", |workspace| {
        succeed(workspace.guests_cargo().args(CLIPPY).args(DENY))?;
        succeed(workspace.cargo().args(CLIPPY).args(DENY))
    }),
    ("unit tests", |workspace| {
        let unit_tests = ["test", "--release", "--workspace", "--lib", "--bins"];
        succeed(workspace.cargo().args(unit_tests))
    }),
];

/// Runs all checks and stops at the first that fails.
pub fn run(workspace: &Workspace) -> Result<()> {
    run_stages(workspace, &STAGES)
}

/// Runs the quick checks, which load no guests, and stops at the first that fails.
pub fn run_fast(workspace: &Workspace) -> Result<()> {
    run_stages(workspace, &FAST_STAGES)
}

fn run_stages(workspace: &Workspace, stages: &[Stage]) -> Result<()> {
    let start = Instant::now();
    for (name, stage) in stages {
        eprintln!("== {name} (at {} s)", start.elapsed().as_secs());
        stage(workspace).with_context(|| format!("{name} failed"))?;
    }
    eprintln!("== all passed (at {} s)", start.elapsed().as_secs());
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    let check = ["fmt", "--all", "--check"];
    succeed(workspace.cargo().args(check))?;
    succeed(workspace.guests_cargo().args(check))?;
    let modules = files::sorted(&workspace.path(MACRO_MODULES))?;
    let modules = modules
        .iter()
        .filter(|path| path.extension() == Some(OsStr::new("rs")));
    let mut rustfmt = Command::new("rustfmt");
    succeed(
        rustfmt
            .args(["--edition", "2024", "--check"])
            .args(modules)
            .current_dir(workspace.path("")),
    )
}

/// Checks the dependencies against `deny.toml`, if cargo-deny is installed. Advisories are left
/// out: they come from the network, and would fail a commit that passed yesterday.
fn dependencies(workspace: &Workspace) -> Result<()> {
    let mut version = cargo();
    version
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !version.status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(());
    }
    let check = ["deny", "check", "licenses", "bans", "sources"];
    succeed(workspace.cargo().args(check))
}
