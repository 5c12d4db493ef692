//! The zoo: systems of the field in environments, all trained at one budget, and one table of what
//! each learnt and cost.

mod matrix;
mod page;
mod report;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::eval::token_use::TokenUse;
use crate::report::write_events;
use crate::run::atomic_fs::write_file;
use crate::run::progress::Console;
use crate::run::summary::Summary;
use crate::study::analysis::{commit, machine};
use crate::study::learning;
use crate::train;

use matrix::{Matrix, Pair};
pub use report::{Report, Row};
pub use table::text;

/// Checks all runs, then trains those that are not finished, and writes `zoo.json` and `zoo.html`
/// into the zoo's folder. An interrupted run goes on where it was.
///
/// # Errors
/// Fails where a run cannot be begun, before any is, and where one fails.
pub fn run(path: &Path, settings: &[String], data: &[PathBuf], console: Console) -> Result<Report> {
    let matrix = Matrix::read(path, settings, data)?;
    for pair in &matrix.pairs {
        let checked = train::check(&pair.runs[0], Console::Silent);
        checked.with_context(|| format!("{} in {}", pair.system, pair.environment))?;
    }
    let mut rows = Vec::with_capacity(matrix.pairs.len());
    for (number, pair) in matrix.pairs.iter().enumerate() {
        console.say(&format!(
            "{} in {}: pair {} of {}",
            pair.system,
            pair.environment,
            number + 1,
            matrix.pairs.len()
        ));
        rows.push(row(pair, console)?);
    }
    let report = Report {
        commit: commit(),
        machine: machine(),
        rows,
    };
    let json = serde_json::to_vec_pretty(&report).context("cannot write the report as JSON")?;
    write_file(&matrix.out.join("zoo.json"), &json)?;
    write_file(&matrix.out.join("zoo.html"), page::html(&report).as_bytes())?;
    Ok(report)
}

/// Trains a pair over its seeds.
fn row(pair: &Pair, console: Console) -> Result<Row> {
    let mut summaries = Vec::with_capacity(pair.runs.len());
    for file in &pair.runs {
        // A folder with a run of another file is refused, also where that run is finished.
        let is_begun = train::begun(file, file.run.out.join("run.toml").exists())?;
        let finished = file.run.out.join("summary.json");
        let summary: Summary = match std::fs::read(&finished) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged", finished.display()))?,
            Err(_) => {
                let summary = train::run(file, is_begun, console)?;
                write_events(&file.run.out)?;
                summary
            }
        };
        summaries.push(summary);
    }
    let folders: Vec<PathBuf> = pair.runs.iter().map(|file| file.run.out.clone()).collect();
    let mut learnt = learning::run(&folders)?;
    let mean = |of: &dyn Fn(&Summary) -> f64| {
        summaries.iter().map(of).sum::<f64>() / summaries.len() as f64
    };
    let tokens = |of: fn(&TokenUse) -> f64| {
        let used = summaries
            .iter()
            .map(|summary| summary.held_out.after.tokens.as_ref());
        let used: Option<Vec<f64>> = used.map(|used| used.map(of)).collect();
        used.map(|used| used.iter().sum::<f64>() / used.len() as f64)
    };
    Ok(Row {
        environment: pair.environment.clone(),
        system: pair.system.clone(),
        peak_tokens: tokens(|used| used.peak),
        dependency_tokens: tokens(|used| used.dependency),
        trained_tokens: mean(&|summary| summary.trained_tokens as f64),
        guest_share: mean(&|summary| summary.guest_share.mean),
        // The runs of a pair differ in seed and folder alone.
        learnt: learnt.remove(0),
    })
}
