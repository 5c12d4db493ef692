//! memloom: train language-model agents to keep a memory.

use std::process::ExitCode;

use clap::Parser;

/// Training allocates and frees large tensors all the time; the system
/// allocator gives their pages back and faults them in again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    allow_many_files();
    match memloom_trainer::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A state that rollouts fork from is a few files in memory, and a step may keep
/// thousands of them; the usual limit is 1024.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it may not be raised, a fork that finds no file says so.
    let _ = setrlimit(Resource::Nofile, limit);
}
