//! `cargo xtask parity`: comparison of memloom with Hugging Face's libraries, on small random models
//! and on SmolLM2.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::table;
use crate::weights::{self, Model};
use crate::workspace::{Workspace, output, succeed};
use crate::{files, python};

/// Python interpreter.
#[derive(clap::Args)]
pub struct Args {
    /// A Python that has torch, transformers, peft, trl and gguf; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

const MODELS: &str = "tests/reference/parity.py";
const LOSS: &str = "tests/reference/trl_loss.py";
const PRETRAINED: &str = "tests/reference/smollm2.py";
const RESULT: &str = "docs/results/parity.json";
pub const PACKAGES: [&str; 6] = ["torch", "transformers", "tokenizers", "peft", "trl", "gguf"];

/// Makes models, has both sides run them, prints a table and writes
/// `docs/results/parity.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &PACKAGES)?,
    };
    weights::run(workspace, Model::Smollm2)?;
    let pretrained = Model::Smollm2.package();
    let gguf = weights::gguf(workspace, &pretrained)?;
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
    let model = workspace.path("models").join(pretrained.folder);
    succeed(script(PRETRAINED, "make", &folder).arg(model))?;
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
    let mut check = script(PRETRAINED, "check", &folder);
    check.arg(gguf);
    let dequantised = read(check)?;
    found["gguf_weight_mismatches"] = dequantised["gguf_weight_mismatches"].clone();
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
