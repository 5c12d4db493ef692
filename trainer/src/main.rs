//! memloom: train language-model agents to keep a memory.

use std::process::ExitCode;

use clap::Parser;

/// Training allocates and frees large tensors all the time. The system allocator
/// returns their pages to the kernel and faults them in again.
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

/// Raises the limit of open files to its maximum. Every state that rollouts fork from
/// takes a few files in memory, and a step may keep thousands of states; the usual limit
/// is 1024.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If the limit cannot be raised, a fork that runs into it reports that.
    let _ = setrlimit(Resource::Nofile, limit);
}
