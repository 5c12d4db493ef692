//! `cargo xtask bench pretrained`: speed of a pretrained model, compared with PyTorch and
//! transformers on the same weights.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{machine, table};
use crate::weights::{self, Model};
use crate::workspace::{Workspace, output, succeed};
use crate::{files, parity, python};

const RESULT: &str = "docs/results/pretrained-speed.json";
const SCRIPT: &str = "tests/reference/speed.py";

/// The precisions of products, as both sides name them.
const PRECISIONS: [&str; 2] = ["float32", "bfloat16"];

/// Inputs of the measurements.
#[derive(clap::Args)]
pub struct Args {
    /// The turns of each side, one after the other; the figures are their medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    turns: u8,
    /// A Python that has torch and transformers; by default one is set up in
    /// target/reference (5 GB from PyPI)
    #[arg(long)]
    python: Option<PathBuf>,
}

/// Measures, prints a table and writes `docs/results/pretrained-speed.json`.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => python::environment(workspace, "transformers", &parity::PACKAGES)?,
    };
    weights::run(workspace, Model::Smollm2)?;
    let build = ["build", "--release", "--workspace", "--bins"];
    succeed(workspace.cargo().args(build))?;
    let model = workspace.path("models/SmolLM2-135M-Instruct");
    let theirs = |what: &str, arguments: &str| {
        let mut script = Command::new(&python);
        script.arg(workspace.path(SCRIPT)).arg(what);
        tokens_per_second(script, &model, arguments, "")
    };
    let ours = |what: &str, arguments: &str| {
        let mut memloom = Command::new(workspace.path("target/release/memloom"));
        memloom.args(["model", "speed", "--json"]);
        tokens_per_second(memloom, &model, arguments, what)
    };
    let mut found = json!({
        "commit": machine::commit(workspace)?,
        "machine": machine::processor(),
        "turns": args.turns,
    });
    for precision in PRECISIONS {
        let mut sides: [Vec<f64>; 4] = Default::default();
        for turn in 0..args.turns {
            eprintln!("{precision}, turn {} of {}", turn + 1, args.turns);
            let [torch, train, transformers, generate] = &mut sides;
            torch.push(theirs(
                "train",
                &format!("--batch 4 --tokens 512 --steps 4 --precision {precision}"),
            )?);
            train.push(ours(
                "train",
                &format!("--rows 4 --row-tokens 512 --steps 4 --samples 0 --compute {precision}"),
            )?);
            transformers.push(theirs(
                "generate",
                &format!("--batch 8 --prompt 256 --tokens 64 --precision {precision}"),
            )?);
            generate.push(ours(
                "generate",
                &format!("--steps 0 --samples 8 --shared 256 --tokens 64 --compute {precision}"),
            )?);
        }
        let [torch, train, transformers, generate] = sides.map(median);
        found[precision] = json!({
            "train_tokens_per_second": train,
            "torch_train_tokens_per_second": torch,
            "train_over_torch": train / torch,
            "generate_tokens_per_second": generate,
            "transformers_generate_tokens_per_second": transformers,
            "generate_over_transformers": generate / transformers,
        });
    }
    table::print(&found);
    files::replace(&workspace.path(RESULT), format!("{found:#}\n").as_bytes())
}

/// Runs a command on a model with these arguments. Returns the tokens per second in the JSON that
/// it prints, in the part `part` if that is not empty.
fn tokens_per_second(
    mut command: Command,
    model: &Path,
    arguments: &str,
    part: &str,
) -> Result<f64> {
    command.arg(model).args(arguments.split(' '));
    let printed = output(&mut command)?;
    let found: Value =
        serde_json::from_str(&printed).with_context(|| format!("{command:?} printed no JSON"))?;
    let found = if part.is_empty() {
        &found
    } else {
        &found[part]
    };
    let figure = found["tokens_per_second"].as_f64();
    figure.with_context(|| format!("there are no tokens per second in {found}"))
}

/// Returns the median of a nonempty list.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(vec![3.0, 1.0, 9.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 9.0, 2.0]), 3.0);
    }
}
