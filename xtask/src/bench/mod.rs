//! `cargo xtask bench`: measurements of the project's claims.

mod learning;
pub mod machine;
mod pretrained;
mod runtime;
pub mod table;
mod trainer;

use anyhow::Result;

use crate::workspace::Workspace;

/// A set of measurements.
#[derive(clap::Subcommand)]
pub enum Bench {
    /// Forks, calls, hostile guests, replay and memory (about half an hour);
    /// writes docs/results/runtime.json
    Runtime(runtime::Args),
    /// Training, generation and memory, beside PyTorch and transformers; writes
    /// docs/results/trainer.json
    Trainer(trainer::Args),
    /// Training and generation of SmolLM2-135M beside PyTorch and transformers (about half an
    /// hour); writes docs/results/pretrained-speed.json
    Pretrained(pretrained::Args),
    /// Learning of SmolLM2-135M with LoGo-GRPO, over seeds, beside its controls (many hours, can be
    /// interrupted); writes docs/results/pretrained.json
    Learning(learning::Args),
    /// Learning of a new model in worlds of tasks, over seeds, beside its controls (about two
    /// hours, can be interrupted); writes docs/results/acting.json
    Acting(learning::Args),
}

pub fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Runtime(args) => runtime::run(workspace, args),
        Bench::Trainer(args) => trainer::run(workspace, args),
        Bench::Pretrained(args) => pretrained::run(workspace, args),
        Bench::Learning(args) => learning::run(workspace, args, &learning::PRETRAINED),
        Bench::Acting(args) => learning::run(workspace, args, &learning::ACTING),
    }
}
