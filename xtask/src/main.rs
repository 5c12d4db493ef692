//! What newcomers and CI call: `cargo xtask setup`, `guests`, `quickstart`,
//! `test` and `ci`. Each does first what it needs of the ones before it.

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
    /// Build a project of `memloom new` in Rust, by the way that setup finds
    Wasm {
        /// Its folder, or that of a workspace of several
        folder: PathBuf,
        /// Where cargo builds
        target: PathBuf,
    },
    /// Train a small agent from nothing: the whole system in one command
    Quickstart(quickstart::Args),
    /// Run all tests, the guests' own included
    Test(test::Args),
    /// Write the generated reference pages of docs/
    Docs,
    /// Hold models, tokenizers and saved folders against Hugging Face's libraries
    Parity(parity::Args),
    /// Ask real servers that run here on tiny random models
    Clients(clients::Args),
    /// Measure what the project claims, and write it to docs/results
    #[command(subcommand)]
    Bench(bench::Bench),
    /// See what a GPU makes of it, here or on another machine
    #[command(subcommand)]
    Gpu(gpu::Gpu),
    /// Check everything that must hold before a change is merged
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
        Task::Test(args) => test::run(&workspace, &args),
        Task::Docs => docs::run(&workspace),
        Task::Parity(args) => parity::run(&workspace, &args),
        Task::Clients(args) => clients::run(&workspace, &args),
        Task::Bench(bench) => bench::run(&workspace, &bench),
        Task::Gpu(gpu) => gpu::run(&workspace, &gpu),
        Task::Ci => ci::run(&workspace),
    }
}
