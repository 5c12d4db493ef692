//! The command line: a file for each verb. A verb reads its arguments, resolves them
//! against a run file, runs, and prints its result; `main` prints errors.

mod check;
mod componentize;
mod eval;
mod inspect;
mod merge;
mod model;
mod new;
mod output;
mod play;
mod replay;
mod report;
mod run_arguments;
mod speed;
mod study;
mod train;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Train language-model agents to keep a memory.
#[derive(Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Eval(eval::Eval),
    Play(play::Play),
    Replay(replay::Replay),
    Study(study::Study),
    Report(report::Report),
    Model(model::Model),
    New(new::New),
    Componentize(componentize::Componentize),
    Check(check::Check),
    Inspect(inspect::Inspect),
}

impl Cli {
    /// Runs the command that was given.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Train(train) => train.run(),
            Command::Eval(eval) => eval.run(),
            Command::Play(play) => play.run(),
            Command::Replay(replay) => replay.run(),
            Command::Study(study) => study.run(),
            Command::Report(report) => report.run(),
            Command::Model(model) => model.run(),
            Command::New(new) => new.run(),
            Command::Componentize(componentize) => componentize.run(),
            Command::Check(check) => check.run(),
            Command::Inspect(inspect) => inspect.run(),
        }
    }
}
