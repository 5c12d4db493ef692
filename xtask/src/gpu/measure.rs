//! Testing and measuring on a machine with a GPU, without a checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{COMMIT, MEMLOOM, RUN, SHAPES, TESTS};
use crate::bench::table;
use crate::files;
use crate::workspace::output;

/// Inputs of the measurements.
#[derive(clap::Args)]
pub struct Args {
    /// Folder written by `pack`; by default the folder of this program
    #[arg(long)]
    pack: Option<PathBuf>,
    /// The GPU
    #[arg(long, default_value = "cuda:0")]
    device: String,
}

/// Tests that say what models and losses are: they run on the first GPU.
const TESTED: [&str; 8] = [
    "kernels",
    "model::packing",
    "model::lora",
    "model::weights",
    "generation",
    "optim",
    "device",
    "loss",
];

/// A step's losses on the GPU are those on the processor up to this share.
const LOSS_TOLERANCE: f64 = 0.01;

/// A pack, and the GPU to try it on.
struct Pack<'a> {
    folder: PathBuf,
    device: &'a str,
}

/// Measures, prints a table and writes `gpu.json`.
pub fn run(args: &Args) -> Result<()> {
    let folder = match &args.pack {
        Some(folder) => folder.clone(),
        None => {
            let program = std::env::current_exe().context("where is this program?")?;
            program.parent().context("a program is in a folder")?.into()
        }
    };
    ensure!(
        folder.join(COMMIT).exists(),
        "{} is no pack: make one with `cargo xtask gpu pack`, or name it with --pack",
        folder.display()
    );
    let pack = Pack {
        folder: fs::canonicalize(folder)?,
        device: &args.device,
    };
    let card = card()?;
    eprintln!("1/3 tests of models and losses on the GPU");
    let (passed, failed) = pack.tests()?;
    eprintln!("2/3 the first steps of the quickstart, on the processor and on the GPU");
    let quickstart = pack.quickstart()?;
    eprintln!("3/3 speed");
    let bytes = fs::metadata(pack.folder.join(MEMLOOM))?.len();
    let mut found = card;
    found["commit"] = fs::read_to_string(pack.folder.join(COMMIT))?.into();
    found["memloom_mib"] = (bytes as f64 / f64::from(1 << 20)).into();
    found["tests_passed"] = passed.into();
    found["tests_failed"] = failed.len().into();
    found["quickstart"] = quickstart;
    for (shape, _) in SHAPES {
        for compute in ["float32", "bfloat16"] {
            found[format!("{shape} {compute}")] = pack.speed(shape, compute)?;
        }
    }
    table::print(&found);
    let written = pack.folder.join("gpu.json");
    files::replace(&written, format!("{found:#}\n").as_bytes())?;
    eprintln!("{}", written.display());
    ensure!(failed.is_empty(), "tests failed: {}", failed.join(", "));
    let difference = found["quickstart"]["loss_rel_diff"].as_f64();
    ensure!(
        difference.is_some_and(|difference| difference <= LOSS_TOLERANCE),
        "losses on the GPU are others than on the processor"
    );
    Ok(())
}

/// The first GPU's name, driver and memory, as NVIDIA's own tool has them.
fn card() -> Result<Value> {
    let mut tool = Command::new("nvidia-smi");
    tool.args([
        "--query-gpu=name,driver_version,memory.total",
        "--format=csv,noheader",
    ]);
    let said = output(&mut tool).context("is there a GPU with NVIDIA's driver?")?;
    let first = said.lines().next().unwrap_or_default();
    let mut parts = first.split(", ").map(str::to_owned);
    let mut next = || {
        parts
            .next()
            .with_context(|| format!("nvidia-smi says {first:?}"))
    };
    Ok(json!({ "device": next()?, "driver": next()?, "memory": next()? }))
}

impl Pack<'_> {
    fn memloom(&self) -> Command {
        let mut memloom = Command::new(self.folder.join(MEMLOOM));
        memloom.current_dir(&self.folder).stderr(Stdio::inherit());
        memloom
    }

    /// Returns the number of passed tests and the names of failed ones. Failures do not stop the
    /// measurements.
    fn tests(&self) -> Result<(usize, Vec<String>)> {
        let (mut passed, mut failed) = (0, Vec::new());
        for (_, program) in TESTS {
            let mut tests = Command::new(self.folder.join(program));
            tests.args(TESTED).args(["--test-threads", "1"]);
            let ended = tests.stderr(Stdio::inherit()).output()?;
            let said = String::from_utf8_lossy(&ended.stdout);
            eprintln!("{said}");
            let verdicts = said.lines().filter_map(|line| {
                let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
                Some((name, verdict == "ok"))
            });
            let (well, badly): (Vec<_>, Vec<_>) = verdicts.partition(|(_, passed)| *passed);
            ensure!(!well.is_empty(), "no test of {program} passed");
            if badly.is_empty() && !ended.status.success() {
                failed.push(format!("{program} ended early ({})", ended.status));
            }
            passed += well.len();
            failed.extend(badly.into_iter().map(|(name, _)| name.to_owned()));
        }
        Ok((passed, failed))
    }

    /// The same few steps of training on both devices: how far losses are apart, and
    /// how long it took.
    fn quickstart(&self) -> Result<Value> {
        let here = self.train("cpu")?;
        let there = self.train(self.device)?;
        let losses = |run: &Path| -> Result<Vec<f64>> {
            let path = run.join("metrics.jsonl");
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let lines = text.lines().map(serde_json::from_str::<Value>);
            let warm = lines.filter_map(|line| {
                let line = line.ok()?;
                line["loss"]
                    .as_f64()
                    .filter(|_| line["kind"] == "warm-start")
            });
            Ok(warm.collect())
        };
        let (cpu, gpu) = (losses(&here.0)?, losses(&there.0)?);
        ensure!(
            !cpu.is_empty() && cpu.len() == gpu.len(),
            "the runs have {} and {} steps",
            cpu.len(),
            gpu.len()
        );
        let apart = cpu.iter().zip(&gpu).map(|(a, b)| (a - b).abs() / a.abs());
        let seconds = |summary: &Value| summary["seconds"].clone();
        Ok(json!({
            "loss_rel_diff": apart.fold(0.0, f64::max),
            "warm_start_steps": cpu.len(),
            "cpu_seconds": seconds(&here.1),
            "gpu_seconds": seconds(&there.1),
        }))
    }

    /// A short run on a device: its folder, and its summary.
    fn train(&self, device: &str) -> Result<(PathBuf, Value)> {
        let out = self.folder.join("runs").join(device.replace(':', "-"));
        files::fresh(&out)?;
        fs::remove_dir(&out)?;
        let mut train = self.memloom();
        train.args(["train", RUN, "--json", "--device", device]);
        train.args(["--set", &format!("run.out={}", out.display())]);
        for setting in [
            "warm_start.steps=5",
            "stage.0.steps=2",
            "evaluation.every=2",
            "evaluation.held_out_episodes=4",
            "evaluation.long_horizon=8",
            "evaluation.long_episodes=1",
        ] {
            train.args(["--set", setting]);
        }
        let summary = serde_json::from_str(&output(&mut train)?)?;
        Ok((out, summary))
    }

    /// Returns the output of `memloom model speed` for a shape.
    fn speed(&self, shape: &str, compute: &str) -> Result<Value> {
        let mut speed = self.memloom();
        speed.args(["model", "speed", "--random", "--json"]);
        speed.arg(self.folder.join("shapes").join(shape));
        speed.args(["--device", self.device, "--compute", compute]);
        speed.args([
            "--rows",
            "16",
            "--row-tokens",
            "1024",
            "--steps",
            "8",
            "--checkpoint-layers",
        ]);
        speed.args([
            "--samples",
            "64",
            "--shared",
            "512",
            "--prompt",
            "64",
            "--tokens",
            "128",
        ]);
        Ok(serde_json::from_str(&output(&mut speed)?)?)
    }
}
