//! A policy that asks advisers at their price and searches, between thoughts, and remembers who was
//! right about what, as Router-R1 (arXiv 2506.09033) and, searching in itself, SSRL (arXiv
//! 2508.10874) do. `README.md` has prompts, outputs and options.

mod chooser;
mod means;
mod memory;
mod notes;
mod options;
mod output;
mod own;
mod prompts;
mod router;
mod searcher;
mod talker;
mod verdict;

pub use router::Router;

memloom_sdk::export_policy!(Router);
