//! `cargo xtask bench trainer`: speed of the trainer, compared with PyTorch and transformers, and
//! its memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{machine, table};
use crate::workspace::{Workspace, output, succeed};
use crate::{files, guests, parity, python};

const RESULT: &str = "docs/results/trainer.json";
const SCRIPT: &str = "tests/reference/speed.py";
const STEP: &str = "examples/runs/half-b-cpu.toml";
const GIB: f64 = (1u64 << 30) as f64;

/// Inputs of the measurements.
#[derive(clap::Args)]
pub struct Args {
    /// LoCoMo's conversations: with them a whole step of LoGo-GRPO with the shape of
    /// Qwen2.5-0.5B is measured, too (about half an hour)
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// A Python that has torch and transformers; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

/// Both sides of the comparison.
struct Sides<'a> {
    workspace: &'a Workspace,
    python: PathBuf,
}

impl Sides<'_> {
    fn theirs(&self, what: &str, folder: &Path, arguments: &str) -> Result<Value> {
        let mut command = Command::new(&self.python);
        command.arg(self.workspace.path(SCRIPT)).arg(what);
        told(command, folder, arguments)
    }

    fn ours(&self, what: &str, folder: &Path, arguments: &str) -> Result<Value> {
        let mut command = Command::new(self.workspace.path("target/release/memloom"));
        command.args(["model", "speed", "--json"]);
        Ok(told(command, folder, arguments)?[what].take())
    }
}

/// Measures, prints a table and writes `docs/results/trainer.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &parity::PACKAGES)?,
    };
    let sides = Sides { workspace, python };
    let build = ["build", "--release", "--workspace", "--bins", "--examples"];
    succeed(workspace.cargo().args(build))?;
    let folder = workspace.path("target/reference/speed");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut make = Command::new(&sides.python);
    succeed(make.arg(workspace.path(SCRIPT)).arg("make").arg(&folder))?;
    let (small, half) = (folder.join("small"), folder.join("half-b"));

    eprintln!("1/4 training steps of 4.2 million parameters");
    let (mut torch, mut own) = (0.0f64, 0.0f64);
    for _ in 0..3 {
        torch = torch.max(figure(
            &sides.theirs("train", &small, "--batch 16 --tokens 256 --steps 8")?,
            "tokens_per_second",
        )?);
        own = own.max(figure(
            &sides.ours("train", &small, "--steps 8 --samples 0")?,
            "tokens_per_second",
        )?);
    }
    eprintln!("2/4 generation, 16 rollouts of a group, with the shape of Qwen2.5-0.5B");
    let theirs = sides.theirs("generate", &half, "--batch 16 --prompt 256 --tokens 32")?;
    let ours = sides.ours("generate", &half, "--steps 0")?;
    let transformers = figure(&theirs, "tokens_per_second")?;
    let generated = figure(&ours, "tokens_per_second")?;
    eprintln!("3/4 the same with 1000 tokens of the prompt shared, and not");
    let of = |prompts: &str| -> Result<Value> {
        let arguments = format!("--steps 0 --tokens 8 {prompts}");
        sides.ours("generate", &half, &arguments)
    };
    let shared = of("--shared 1000 --prompt 20")?;
    let apart = of("--shared 0 --prompt 1020")?;
    eprintln!("4/4 memory");
    let layer = |tokens: &str| -> Result<f64> {
        let path = workspace.path("target/release/examples/layer_memory");
        let found = output(Command::new(path).arg(tokens))?;
        figure(&serde_json::from_str(&found)?, "peak_above_weights_gib")
    };
    let (short, long) = (layer("2048")?, layer("8192")?);
    let mut found = json!({
        "train_tokens_per_second": own,
        "torch_train_tokens_per_second": torch,
        "train_over_torch": own / torch,
        "generate_tokens_per_second": generated,
        "transformers_generate_tokens_per_second": transformers,
        "generate_over_transformers": generated / transformers,
        "prefix_sharing_speedup": figure(&apart, "seconds")? / figure(&shared, "seconds")?,
        "layer_peak_gib_2048": short,
        "layer_peak_gib_8192": long,
        "layer_peak_growth": long / short,
        "commit": machine::commit(workspace)?,
        "machine": machine::processor(),
    });
    if let Some(data) = &args.data {
        found["logo_step_peak_gib"] = logo_step(workspace, data)?.into();
    }
    table::print(&found);
    files::replace(&workspace.path(RESULT), format!("{found:#}\n").as_bytes())
}

/// Returns the peak memory of a run of one step at full size, in GiB.
fn logo_step(workspace: &Workspace, data: &Path) -> Result<f64> {
    eprintln!("and a step of LoGo-GRPO with the shape of Qwen2.5-0.5B");
    guests::run(workspace, &guests::Args::default())?;
    let mut model = Command::new(workspace.path("target/release/examples/random_model"));
    succeed(
        model
            .arg(workspace.path("runs/random-half-b"))
            .arg("--text")
            .arg(data),
    )?;
    let mut train = Command::new(workspace.path("target/release/memloom"));
    train.current_dir(workspace.path(""));
    train.arg("train").arg(STEP).arg("--data").arg(data);
    train.arg("--json").stderr(Stdio::inherit());
    let summary: Value =
        serde_json::from_str(&output(&mut train)?).context("memloom train printed no JSON")?;
    Ok(figure(&summary, "peak_rss_bytes")? / GIB)
}

/// Runs a command on a folder with these arguments, and returns the JSON that it prints.
fn told(mut command: Command, folder: &Path, arguments: &str) -> Result<Value> {
    command.arg(folder).args(arguments.split(' '));
    let printed = output(&mut command)?;
    serde_json::from_str(&printed).with_context(|| format!("{command:?} printed no JSON"))
}

fn figure(found: &Value, name: &str) -> Result<f64> {
    let figure = found[name].as_f64();
    figure.with_context(|| format!("there is no {name} in {found}"))
}
