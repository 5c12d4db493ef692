//! The machine and commit of a measurement.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::workspace::{Workspace, output};

/// Returns the commit, with `+` if files differ from it.
pub fn commit(workspace: &Workspace) -> Result<String> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        output(git.current_dir(workspace.path("")).args(arguments))
    };
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    Ok(commit + if changed { "+" } else { "" })
}

/// Returns the processor's name and the number of cores for this process.
pub fn processor() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |name| name.trim_start_matches([' ', '\t', ':']));
    format!("{cores} cores, {model}")
}
