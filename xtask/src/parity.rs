//! `cargo xtask parity`: memloom beside Hugging Face's own libraries, on small random
//! models.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::table;
use crate::workspace::{Workspace, output, succeed};
use crate::{files, python};

/// Which Python.
#[derive(clap::Args)]
pub struct Args {
    /// A Python that has torch, transformers and peft; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

const SCRIPT: &str = "tests/reference/parity.py";
const RESULT: &str = "docs/results/parity.json";
const PACKAGES: [&str; 4] = ["torch", "transformers", "tokenizers", "peft"];

/// Makes models, has both sides run them, prints a table and writes
/// `docs/results/parity.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &PACKAGES)?,
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
    eprintln!("1/3 models and what transformers and peft say of them (a few minutes)");
    succeed(&mut script("make"))?;
    eprintln!("2/3 memloom's turn");
    let build = ["build", "--release", "--workspace", "--examples"];
    succeed(workspace.cargo().args(build))?;
    let mut example = Command::new(workspace.path("target/release/examples/parity"));
    let mut found: Value = serde_json::from_str(&output(example.arg(&folder))?)
        .context("the example printed no JSON")?;
    eprintln!("3/3 transformers and peft read what memloom saved");
    let saved: Value = serde_json::from_str(&output(&mut script("check"))?)
        .context("the script printed no JSON")?;
    found["saved_logit_diff"] = saved["saved_logit_diff"].clone();
    let adapters = [&found, &saved].map(|side| side["lora_logit_diff"].as_f64());
    found["lora_logit_diff"] = adapters
        .into_iter()
        .collect::<Option<Vec<f64>>>()
        .context("a side says nothing of adapters")?
        .into_iter()
        .fold(0.0, f64::max)
        .into();
    table::print(&found);
    files::replace(&workspace.path(RESULT), format!("{found:#}\n").as_bytes())
}
