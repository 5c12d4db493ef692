//! Building for a machine with a GPU.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{COMMIT, MEMLOOM, RUN, SHAPES, TESTS};
use crate::bench::machine;
use crate::workspace::{Workspace, output, succeed};
use crate::{files, guests};

/// Largest that the program may be, stripped.
const MOST_BYTES: u64 = 50 << 20;

/// Profile settings for a small program, in `small.toml`.
const CUDA: [&str; 6] = [
    "--release",
    "--workspace",
    "--features",
    "memloom-trainer/cuda",
    "--config",
    "xtask/src/gpu/small.toml",
];

/// Builds and gathers.
pub fn run(workspace: &Workspace) -> Result<()> {
    guests::run(workspace, &guests::Args::default())?;
    eprintln!("building with CUDA (ten minutes the first time)");
    succeed(workspace.cargo().arg("build").args(CUDA).arg("--bins"))?;
    let tests = test_programs(workspace)?;

    let folder = workspace.path("target/gpu");
    files::fresh(&folder)?;
    let built = |name: &str| workspace.path("target/release").join(name);
    strip(&built(MEMLOOM), &folder.join(MEMLOOM))?;
    strip(&built("xtask"), &folder.join("xtask"))?;
    for ((_, name), program) in TESTS.iter().zip(&tests) {
        strip(program.as_ref(), &folder.join(name))?;
    }
    for file in [
        RUN,
        "target/components/flat.wasm",
        "target/components/chronicle.wasm",
        "target/components/selector.wasm",
    ] {
        copy(&workspace.path(file), &folder.join(file))?;
    }
    for (name, config) in SHAPES {
        let shape = folder.join("shapes").join(name);
        files::fresh(&shape)?;
        files::replace(&shape.join("config.json"), config.as_bytes())?;
    }
    files::replace(&folder.join(COMMIT), machine::commit(workspace)?.as_bytes())?;

    let bytes = fs::metadata(folder.join(MEMLOOM))?.len();
    ensure!(
        bytes <= MOST_BYTES,
        "memloom with CUDA has {bytes} bytes, more than {MOST_BYTES}"
    );
    eprintln!(
        "memloom with CUDA: {:.1} MiB, stripped",
        bytes as f64 / f64::from(1 << 20)
    );
    let mut tar = Command::new("tar");
    tar.current_dir(workspace.path("target"));
    succeed(tar.args(["cJf", "gpu.tar.xz", "gpu"]))?;
    println!("{}", workspace.path("target/gpu.tar.xz").display());
    Ok(())
}

/// Builds the unit tests of [`TESTS`] and returns the programs' paths, in that order.
fn test_programs(workspace: &Workspace) -> Result<Vec<String>> {
    let mut build = workspace.cargo();
    build.arg("test").args(CUDA);
    build.args(["--lib", "--no-run", "--message-format", "json"]);
    let built = output(&mut build)?;
    let lines: Vec<Value> = built
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let program = |(name, _): &(&str, &str)| {
        let mut programs = lines.iter().filter(|line| line["target"]["name"] == *name);
        let program = programs.find_map(|line| line["executable"].as_str());
        program
            .map(str::to_owned)
            .with_context(|| format!("cargo named no test program of {name}"))
    };
    TESTS.iter().map(program).collect()
}

/// A program without its symbols.
fn strip(from: &Path, to: &Path) -> Result<()> {
    succeed(Command::new("strip").arg("-o").arg(to).arg(from))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}
