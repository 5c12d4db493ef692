//! A policy that acts in tasks as ReAct (arXiv 2210.03629) does, with what it remembers in the
//! prompt, and that writes notes after each session. `README.md` has prompts, outputs and options.
//!
//! It works with any bank, and is what policies with a memory of their own are compared with.

mod actor;
mod answer;
mod keep;
mod memory;
mod notes;
mod options;
mod prompts;
mod react;
mod scribe;
mod writing;

pub use react::React;

memloom_sdk::export_policy!(React);
