//! `cargo xtask parity`: memloom beside Hugging Face's own libraries, on small random
//! models.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::{Workspace, output, succeed};

/// Which Python.
#[derive(clap::Args)]
pub struct Args {
    /// A Python that has torch and transformers; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

const SCRIPT: &str = "tests/reference/parity.py";
const RESULT: &str = "docs/results/parity.json";
const PACKAGES: [&str; 3] = ["torch", "transformers", "tokenizers"];

/// Makes models, has both sides run them, prints a table and writes
/// `docs/results/parity.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => environment(workspace)?,
    };
    let folder = workspace.path("target/reference/parity");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let script = |what: &str| {
        let mut python = Command::new(&python);
        python.arg(workspace.path(SCRIPT)).arg(what).arg(&folder);
        python
    };
    eprintln!("1/3 models and what transformers says of them (a few minutes)");
    succeed(&mut script("make"))?;
    eprintln!("2/3 memloom's turn");
    let build = ["build", "--release", "--workspace", "--examples"];
    succeed(workspace.cargo().args(build))?;
    let mut example = Command::new(workspace.path("target/release/examples/parity"));
    let mut found: Value = serde_json::from_str(&output(example.arg(&folder))?)
        .context("the example printed no JSON")?;
    eprintln!("3/3 transformers reads what memloom saved");
    let saved: Value = serde_json::from_str(&output(&mut script("check"))?)
        .context("the script printed no JSON")?;
    found["saved_logit_diff"] = saved["saved_logit_diff"].clone();
    for (name, value) in rows(&found) {
        println!("{name:<32} {value}");
    }
    let path = workspace.path(RESULT);
    fs::write(&path, format!("{found:#}\n"))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Figures by name, those of families one by one.
fn rows(found: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(parts) => rows.extend(
                parts
                    .iter()
                    .map(|(part, value)| (format!("{name}.{part}"), value.to_string())),
            ),
            None => rows.push((name.clone(), value.to_string())),
        }
    }
    rows
}

/// A virtual environment with the packages, made once.
fn environment(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.path("target/reference/venv");
    let python = folder.join("bin/python");
    if !python.exists() {
        eprintln!(
            "setting up Python packages in {} (5 GB, once)",
            folder.display()
        );
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv"]).arg(&folder))
            .context("cargo xtask parity needs Python 3 with its venv module")?;
        let mut pip = Command::new(&python);
        succeed(pip.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    }
    Ok(python)
}
