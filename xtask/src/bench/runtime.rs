//! `cargo xtask bench runtime`: costs and containment of the runtime.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::{machine, table};
use crate::workspace::{Workspace, output, succeed};
use crate::{examples, files, guests, python};

const RESULT: &str = "docs/results/runtime.json";
const SIZES: [&str; 4] = ["100", "1000", "10000", "100000"];

/// Banks that are measured beside `flat`, and their numbers of entries.
const KINDS: [&str; 4] = ["page", "tray", "typed", "cases"];
const KIND_SIZES: [&str; 2] = ["1000", "10000"];

/// Inputs of the measurements.
#[derive(clap::Args)]
pub struct Args {
    /// LoCoMo's conversations, of which episodes are recorded and replayed; by
    /// default made-up ones
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
}

/// Measures, prints a table and writes `docs/results/runtime.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    eprintln!("1/5 components");
    guests::run(workspace, &guests::Args::default())?;
    examples::build(workspace)?;
    let build = ["build", "--release", "--workspace", "--examples"];
    succeed(workspace.cargo().args(build))?;

    eprintln!("2/5 benchmarks (criterion)");
    let live_kib = benchmarks(workspace)?;
    let reference = reference(workspace)?;
    eprintln!("3/5 hostile guests");
    let hostile = example(workspace, "hostile", &["--json".into()])?;
    eprintln!("4/5 replay");
    let mut replays = vec!["100".to_owned()];
    for path in &args.data {
        let path = fs::canonicalize(path).with_context(|| format!("no {}", path.display()))?;
        replays.push(path.display().to_string());
    }
    let replays = example(workspace, "replays", &replays)?;
    eprintln!("5/5 soak");
    let soak = example(workspace, "soak", &[])?;

    let us = |name: &str| micros(workspace, name);
    let by_size = |what: &str| -> Result<Value> {
        let figure = |size: &&str| {
            Ok((
                size.to_string(),
                us(&format!("entries/{what}/{size}"))?.into(),
            ))
        };
        SIZES
            .iter()
            .map(figure)
            .collect::<Result<Map<String, Value>>>()
            .map(Value::Object)
    };
    let wasm_over_native = |operation: &str| -> Result<Value> {
        Ok((us(&format!("wasm/{operation}"))? / us(&format!("native/{operation}"))?).into())
    };
    let found = json!({
        "fork_us": by_size("fork")?,
        "fork_and_insert_us": by_size("fork-and-insert")?,
        "fork_us_python": us("python/fork")?,
        "fork_us_javascript": us("javascript/fork")?,
        "fork_and_call_us_python": us("python/fork-and-call")?,
        "fork_and_call_us_javascript": us("javascript/fork-and-call")?,
        "snapshot_us": by_size("snapshot")?,
        "snapshot_us_100000": us("entries/snapshot/100000")?,
        "reference_branch_us_1000": reference,
        "reference_over_fork_1000": reference / us("entries/fork/1000")?,
        "instantiate_us": us("instantiate")?,
        "call_us": us("call")?,
        "bytes_in_us_1048576": us("bytes/in/1048576")?,
        "bytes_out_us_1048576": us("bytes/out/1048576")?,
        "wasm_over_native": {
            "insert": wasm_over_native("insert")?,
            "update": wasm_over_native("update")?,
            "delete": wasm_over_native("delete")?,
            "retrieve": wasm_over_native("retrieve")?,
        },
        "banks": kinds(workspace)?,
        "acts_per_second": {
            "house": 1e6 / us("act/house")?,
            "office": 1e6 / us("act/office")?,
            "counsel": 1e6 / us("act/counsel")?,
        },
        "live_us": {
            "1": us("live/1")?, "10": us("live/10")?,
            "100": us("live/100")?, "1000": us("live/1000")?,
        },
        "live_1000_forks_rss_kib": live_kib,
        "hostile_contained": hostile["hostile_contained"],
        "hostile_total": hostile["hostile_total"],
        "hostile": hostile["hostile"],
        "replayed": replays["replayed"],
        "replay_mismatches": replays["replay_mismatches"],
        "soak": soak["soak"],
        "soak_drift": soak["drift"],
        "commit": machine::commit(workspace)?,
        "machine": machine::processor(),
    });
    table::print(&found);
    files::replace(&workspace.path(RESULT), format!("{found:#}\n").as_bytes())
}

/// Returns the figures of the banks beside `flat`, by name and number of entries.
fn kinds(workspace: &Workspace) -> Result<Value> {
    let us =
        |kind: &str, what: &str, size: &str| micros(workspace, &format!("{kind}/{what}/{size}"));
    let mut all = Map::new();
    for kind in KINDS {
        let mut figures = json!({});
        for size in KIND_SIZES {
            let ratio = |call: &str| -> Result<f64> {
                let wasm = us(kind, &format!("{call}-wasm"), size)?;
                Ok(wasm / us(kind, &format!("{call}-native"), size)?)
            };
            figures["fork_us"][size] = us(kind, "fork", size)?.into();
            figures["fork_and_write_us"][size] = us(kind, "fork-and-write", size)?.into();
            figures["write_wasm_over_native"][size] = ratio("write")?.into();
            figures["retrieve_wasm_over_native"][size] = ratio("retrieve")?.into();
        }
        all.insert(kind.to_owned(), figures);
    }
    Ok(all.into())
}

/// Runs criterion, and returns the memory of a thousand forks that it printed.
fn benchmarks(workspace: &Workspace) -> Result<u64> {
    // Results of an earlier run must not pass for this one's.
    let results = workspace.path("target/criterion");
    if results.exists() {
        fs::remove_dir_all(&results)
            .with_context(|| format!("cannot remove {}", results.display()))?;
    }
    let mut bench = workspace.cargo();
    bench.args(["bench", "--workspace", "--bench", "runtime"]);
    let mut child = bench
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo bench")?;
    let printed = child.stdout.take().context("cargo bench prints nothing")?;
    let mut memory = None;
    for line in BufReader::new(printed).lines() {
        let line = line.context("cannot read what cargo bench prints")?;
        if let Some(kib) = line.strip_prefix("live-1000-forks ") {
            memory = kib.strip_suffix(" KiB").and_then(|kib| kib.parse().ok());
        }
        eprintln!("{line}");
    }
    ensure!(child.wait()?.success(), "cargo bench failed");
    memory.context("this system does not say how much memory a thousand forks take")
}

/// Returns the time of a fork of a thousand entries with pickle, in microseconds.
fn reference(workspace: &Workspace) -> Result<f64> {
    let python = python::environment(workspace, "numpy", &["numpy"])?;
    let mut script = Command::new(python);
    script.arg(workspace.path("tests/reference/pickled_bank.py"));
    let found: Value = serde_json::from_str(&output(script.arg("1000"))?)
        .context("pickled_bank.py printed no JSON")?;
    found["branch_us"]
        .as_f64()
        .context("pickled_bank.py measured nothing")
}

/// Runs a harness of tests/ and returns the JSON that it prints.
fn example(workspace: &Workspace, name: &str, arguments: &[String]) -> Result<Value> {
    let mut example = Command::new(workspace.path("target/release/examples").join(name));
    example.args(arguments).stderr(Stdio::inherit());
    let printed = output(&mut example)?;
    serde_json::from_str(&printed).with_context(|| format!("the example {name} printed no JSON"))
}

/// Returns the median that criterion measured, in microseconds.
fn micros(workspace: &Workspace, name: &str) -> Result<f64> {
    let path = workspace.path(format!("target/criterion/{name}/new/estimates.json"));
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let estimates: Value =
        serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let median = estimates["median"]["point_estimate"].as_f64();
    let nanoseconds = median.with_context(|| format!("no median in {}", path.display()))?;
    Ok(nanoseconds / 1e3)
}
