//! `cargo xtask gpu`: tests and measurements on a GPU.
//!
//! Where there is Rust there may be no GPU, and where there is a GPU no Rust. So
//! `pack` builds everything here, and `measure`, a part of what was packed, needs
//! nothing but the pack and CUDA:
//!
//!     cargo xtask gpu pack
//!     # copy target/gpu.tar.xz to the machine with the GPU, and there:
//!     tar xf gpu.tar.xz && gpu/xtask gpu measure
//!     # copy gpu/gpu.json to docs/results/gpu.json

mod measure;
mod pack;

use anyhow::Result;

use crate::workspace::Workspace;

/// A task.
#[derive(clap::Subcommand)]
pub enum Gpu {
    /// Build with CUDA and gather what a machine with a GPU needs: target/gpu.tar.xz
    Pack,
    /// Test and measure with the pack, and write gpu.json beside it
    Measure(measure::Args),
}

/// Names inside the pack.
const MEMLOOM: &str = "memloom";
/// Unit tests of models and losses: the crate, and the program in the pack.
const TESTS: [(&str, &str); 2] = [
    ("memloom_engine", "engine-tests"),
    ("memloom_algorithm", "algorithm-tests"),
];
const RUN: &str = "examples/runs/quickstart.toml";
const COMMIT: &str = "commit";

/// Shapes that speed is measured with: only their `config.json`.
const SHAPES: [(&str, &str); 2] = [
    ("qwen2.5-0.5b", include_str!("qwen2.5-0.5b.json")),
    ("qwen2.5-1.5b", include_str!("qwen2.5-1.5b.json")),
];

/// Runs the task.
pub fn run(workspace: &Workspace, gpu: &Gpu) -> Result<()> {
    match gpu {
        Gpu::Pack => pack::run(workspace),
        Gpu::Measure(args) => measure::run(args),
    }
}
