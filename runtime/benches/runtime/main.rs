//! Benchmarks of the runtime: `cargo bench -p memloom-runtime`, after
//! `cargo xtask guests --all`. `cargo xtask bench runtime` makes a table of it.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

mod banks;
mod boundary;
mod forks;
mod kinds;
mod languages;
mod memory;
mod operations;
mod worlds;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    runtime,
    boundary::boundary,
    operations::operations,
    worlds::worlds,
    forks::by_entries,
    forks::live,
    kinds::kinds,
    languages::languages,
    memory::memory,
);
criterion_main!(runtime);
