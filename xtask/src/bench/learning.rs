//! `cargo xtask bench learning` and `bench acting`: what models learn, over seeds, beside controls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::{machine, table};
use crate::weights::{self, Model};
use crate::workspace::{Workspace, output, succeed};
use crate::{files, guests};

/// An experiment: its name in the result, and its run files. The first run file is the experiment's
/// own, the others are controls.
type Experiment = (&'static str, &'static [&'static str]);

/// Experiments with one result.
pub struct Study {
    /// The result's file, without `.json`. The folder of this name keeps what finished runs
    /// measured: each run's file and summary.
    result: &'static str,
    /// True if the runs start from models of `cargo xtask weights`.
    pretrained: bool,
    experiments: &'static [Experiment],
}

/// The learning of a pretrained model.
pub const PRETRAINED: Study = Study {
    result: "docs/results/pretrained",
    pretrained: true,
    experiments: &[
        (
            "chronicle",
            &[
                "smollm2-chronicle",
                "smollm2-chronicle-session-grpo",
                "smollm2-chronicle-imitation",
            ],
        ),
        ("locomo", &["smollm2-locomo", "smollm2-locomo-labels"]),
    ],
};

/// The learning of a new model in worlds of tasks.
pub const ACTING: Study = Study {
    result: "docs/results/acting",
    pretrained: false,
    experiments: &[
        ("house", &["house", "house-without-memory", "house-grpo"]),
        ("stream", &["stream", "stream-without-memory"]),
        ("blocks", &["blocks"]),
    ],
};

/// Inputs of the experiments.
#[derive(clap::Args)]
pub struct Args {
    /// Seeds of each run
    #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
    /// LoCoMo's conversations; without them `locomo` is left out
    #[arg(long)]
    locomo: Option<PathBuf>,
    /// Folder of the runs; begun ones go on, and those whose summary is beside the result are not
    /// repeated
    #[arg(long, default_value = "runs/learning")]
    out: PathBuf,
}

/// Trains, prints a table and writes the study's result.
pub fn run(workspace: &Workspace, args: &Args, study: &Study) -> Result<()> {
    if study.pretrained {
        for model in [Model::Smollm2, Model::Minilm] {
            weights::run(workspace, model)?;
        }
    }
    guests::run(workspace, &guests::Args::default())?;
    let build = ["build", "--release", "--workspace", "--bins"];
    succeed(workspace.cargo().args(build))?;
    let mut found = json!({
        "commit": machine::commit(workspace)?,
        "machine": machine::processor(),
    });
    for &(name, files) in study.experiments {
        let data = args.locomo.as_deref().filter(|_| name == "locomo");
        if name == "locomo" && data.is_none() {
            continue;
        }
        let mut folders = Vec::new();
        for seed in &args.seeds {
            for file in files {
                folders.push(train(workspace, args, study, file, *seed, data)?);
            }
        }
        let mut figures = memloom(workspace);
        figures.args(["study", "learning", "--json"]).args(folders);
        let learnt: Vec<Value> = serde_json::from_str(&output(&mut figures)?)
            .context("`memloom study` printed no JSON")?;
        ensure!(
            learnt.len() == files.len(),
            "{name}: a run file was changed between seeds: remove the older runs from {}",
            study.result
        );
        found[name] = experiment(&learnt)?;
    }
    table::print(&found);
    let result = workspace.path(format!("{}.json", study.result));
    files::replace(&result, format!("{found:#}\n").as_bytes())
}

fn memloom(workspace: &Workspace) -> Command {
    let mut memloom = Command::new(workspace.path("target/release/memloom"));
    memloom.current_dir(workspace.path(""));
    memloom
}

/// Trains a run file with a seed, unless that is done. Returns the folder of what it measured.
fn train(
    workspace: &Workspace,
    args: &Args,
    study: &Study,
    file: &str,
    seed: u64,
    data: Option<&Path>,
) -> Result<PathBuf> {
    let name = format!("{file}-{seed}");
    let finished = workspace.path(study.result).join(&name);
    if finished.join("summary.json").exists() {
        return Ok(finished);
    }
    eprintln!("{file}, seed {seed}");
    let folder = args.out.join(&name);
    let here = workspace.path(&folder);
    let mut train = memloom(workspace);
    train
        .arg("train")
        .arg(format!("examples/runs/{file}.toml"))
        .args(["--set", &format!("run.seed={seed}")])
        .args(["--set", &format!("run.out={}", folder.display())]);
    if let Some(data) = data {
        train.arg("--data").arg(data);
    }
    if here.join("run.toml").exists() {
        train.arg("--resume");
    }
    succeed(&mut train)?;
    fs::create_dir_all(&finished).with_context(|| format!("cannot make {}", finished.display()))?;
    for part in ["run.toml", "summary.json"] {
        let (from, to) = (here.join(part), finished.join(part));
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(finished)
}

/// Returns the figures of an experiment, its controls inside.
fn experiment(learnt: &[Value]) -> Result<Value> {
    let (own, controls) = learnt.split_first().context("there is no run")?;
    let mut found = figures(own);
    let controls = controls.iter().map(|control| {
        let name = control["name"].as_str().unwrap_or_default();
        (name.to_owned(), figures(control))
    });
    let controls: Map<String, Value> = controls.collect();
    if !controls.is_empty() {
        found["controls"] = controls.into();
    }
    Ok(found)
}

/// Returns the figures of the runs of one run file; intervals as `[low, high]`.
fn figures(learnt: &Value) -> Value {
    let ends = |interval: &Value| json!([interval["low"], interval["high"]]);
    let (before, after) = (&learnt["before"], &learnt["after"]);
    let baselines: Map<String, Value> = learnt["baselines"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, reward)| (name.clone(), reward["value"].clone()))
        .collect();
    let evidence = &learnt["evidence"];
    json!({
        "seeds": learnt["seeds"],
        "episodes": learnt["episodes"],
        "steps": learnt["steps"],
        "seconds": learnt["training_seconds"],
        "generated_tokens": learnt["generated_tokens"],
        "reward_before": ends(&before["reward"]),
        "reward_after": ends(&after["reward"]),
        "reward_before_mean": before["reward"]["value"],
        "reward_after_mean": after["reward"]["value"],
        "reward_after_by_seed": after["reward_by_seed"],
        "gain": ends(&learnt["gain"]),
        "gain_mean": learnt["gain"]["value"],
        "sampled_reward_before": ends(&before["sampled_reward"]),
        "sampled_reward_after": ends(&after["sampled_reward"]),
        "sampled_reward_before_mean": before["sampled_reward"]["value"],
        "sampled_reward_after_mean": after["sampled_reward"]["value"],
        "sampled_gain": ends(&learnt["sampled_gain"]),
        "f1_before": before["f1"],
        "f1_after": after["f1"],
        "evidence_held_before": before["evidence_held"],
        "evidence_held_after": after["evidence_held"],
        "evidence_of_random_turns": evidence["random"]["value"],
        "evidence_of_as_many_turns": evidence["turn_share"]["value"],
        "evidence_over_random": ends(&evidence["over_random"]),
        "evidence_over_random_mean": evidence["over_random"]["value"],
        "bank_words_before": before["bank_words"],
        "bank_words_after": after["bank_words"],
        "bank_share_after": after["bank_share"],
        "malformed_share_after": after["malformed_share"],
        "repaired_share_after": after["repaired_share"],
        "baselines": baselines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_stand_inside_their_experiment() {
        let learnt = |name: &str, low: f64| {
            json!({
                "name": name,
                "before": {"reward": {"value": 0.5, "low": low, "high": 0.6}},
                "after": {"malformed_share": 0.01},
                "baselines": {"expert": {"value": 0.9, "low": 0.8, "high": 1.0}},
            })
        };
        let found = experiment(&[learnt("own", 0.4), learnt("control", 0.3)]).expect("figures");
        assert_eq!(found["reward_before"], json!([0.4, 0.6]));
        assert_eq!(found["malformed_share_after"], json!(0.01));
        assert_eq!(found["baselines"], json!({"expert": 0.9}));
        assert_eq!(
            found["controls"]["control"]["reward_before"],
            json!([0.3, 0.6])
        );
        assert_eq!(found["controls"]["control"]["controls"], Value::Null);
    }

    #[test]
    fn every_run_file_is_there() {
        let workspace = Workspace::here().expect("the workspace");
        let experiments = [PRETRAINED, ACTING].map(|study| study.experiments).concat();
        for file in experiments.iter().flat_map(|(_, files)| *files) {
            let path = workspace.path(format!("examples/runs/{file}.toml"));
            assert!(path.is_file(), "{}", path.display());
        }
    }
}
