//! `cargo xtask parity`: comparison of memloom with Hugging Face's libraries on small random models.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::table;
use crate::workspace::{Workspace, output, succeed};
use crate::{files, python};

/// Python interpreter.
#[derive(clap::Args)]
pub struct Args {
    /// A Python that has torch, transformers, peft and trl; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

const MODELS: &str = "tests/reference/parity.py";
const LOSS: &str = "tests/reference/trl_loss.py";
const RESULT: &str = "docs/results/parity.json";
pub const PACKAGES: [&str; 5] = ["torch", "transformers", "tokenizers", "peft", "trl"];

/// Makes models, has both sides run them, prints a table and writes
/// `docs/results/parity.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &PACKAGES)?,
    };
    let folder = workspace.path("target/reference/parity");
    files::fresh(&folder)?;
    let losses = folder.with_file_name("trl");
    let script = |script: &str, what: &str, folder: &Path| {
        let mut command = Command::new(&python);
        command.env("HF_HUB_OFFLINE", "1");
        command.arg(workspace.path(script)).arg(what).arg(folder);
        command
    };
    let example = |name: &str, folder: &Path| -> Result<Value> {
        let path = format!("target/release/examples/{name}");
        let printed = output(Command::new(workspace.path(path)).arg(folder))?;
        serde_json::from_str(&printed).with_context(|| format!("{name} printed no JSON"))
    };
    eprintln!("1/3 models and what transformers, peft and trl say of them (a few minutes)");
    succeed(&mut script(MODELS, "make", &folder))?;
    files::fresh(&losses)?;
    succeed(&mut script(LOSS, "make", &losses))?;
    eprintln!("2/3 memloom's turn");
    let build = ["build", "--release", "--workspace", "--examples"];
    succeed(workspace.cargo().args(build))?;
    let mut found = example("parity", &folder)?;
    let loss = example("trl_loss", &losses)?;
    found["grpo_loss_rel_diff"] = loss["grpo_loss_rel_diff"].clone();
    eprintln!("3/3 transformers, peft and trl read what memloom saved");
    let read = |mut command: Command| -> Result<Value> {
        serde_json::from_str(&output(&mut command)?).context("the script printed no JSON")
    };
    let saved = read(script(MODELS, "check", &folder))?;
    let gradient = read(script(LOSS, "check", &losses))?;
    found["grpo_gradient_rel_diff"] = gradient["grpo_gradient_rel_diff"].clone();
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
