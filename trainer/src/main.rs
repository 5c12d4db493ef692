//! memloom: train language-model agents to keep a memory.

use std::process::ExitCode;

use clap::Parser;

/// Training allocates and frees large tensors all the time. The system allocator
/// returns their pages to the kernel and faults them in again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_freed_memory();
    allow_many_files();
    match memloom_trainer::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Keeps freed memory instead of giving its pages back to the kernel. A pass frees the tensors that
/// the next one allocates, and clearing fresh pages would take up to half of an update.
/// `MIMALLOC_PURGE_DELAY` overrides it.
#[allow(unsafe_code, reason = "the option has no safe form")]
fn keep_freed_memory() {
    /// `mi_option_purge_delay` of `mimalloc.h`, which the bindings leave out.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    const NEVER: std::ffi::c_long = -1;
    // SAFETY: the option exists since mimalloc 2.0 and takes milliseconds, or -1 for never.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, NEVER) };
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
