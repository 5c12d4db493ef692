//! `memloom study`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::output;
use super::run_arguments::RunArguments;
use crate::run::progress::Console;
use crate::study;

/// Run an experiment about the training itself, about what runs learnt, or about the search in banks.
#[derive(Args)]
pub(super) struct Study {
    #[command(subcommand)]
    study: Studies,
}

#[derive(Subcommand)]
enum Studies {
    Fairness(Fairness),
    Learning(Learning),
    Retrieval(Retrieval),
}

/// Compare every advantage estimator with the true advantage, measured by fresh
/// continuations from the states before and after a session.
#[derive(Args)]
struct Fairness {
    #[command(flatten)]
    run: RunArguments,
    /// Two episodes and four continuations: minutes instead of hours.
    #[arg(long)]
    small: bool,
    /// Print only the result, as JSON.
    #[arg(long)]
    json: bool,
}

/// Show what finished runs learnt: rewards before and after training with intervals over held-out
/// episodes, beside fixed scripts. Runs that differ only in their seed are one.
#[derive(Args)]
struct Learning {
    /// Folders of finished runs.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Print only the result, as JSON.
    #[arg(long)]
    json: bool,
}

/// Measure the share of each question's evidence that is among the bank's ten best entries, by
/// words (BM25), by embedding (cosine), and by both rankings fused. The bank keeps every turn.
#[derive(Args)]
struct Retrieval {
    #[command(flatten)]
    run: RunArguments,
    /// Print only the result, as JSON.
    #[arg(long)]
    json: bool,
}

impl Study {
    pub(super) fn run(self) -> Result<()> {
        match self.study {
            Studies::Fairness(Fairness { run, small, json }) => {
                let report = study::fairness::run(&run.read()?, small, Console::detect(json))?;
                output::print(&report, json, || study::table::text(&report))
            }
            Studies::Learning(Learning { runs, json }) => {
                let learnt = study::learning::run(&runs)?;
                output::print(&learnt, json, || study::learning::text(&learnt))
            }
            Studies::Retrieval(Retrieval { run, json }) => {
                let report = study::retrieval::run(&run.read()?, Console::detect(json))?;
                output::print(&report, json, || study::retrieval::text(&report))
            }
        }
    }
}
