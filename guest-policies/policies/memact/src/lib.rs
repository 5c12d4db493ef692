//! A policy that acts in tasks and edits its own context: records of calls with their results are
//! folded into summaries, as Memory-as-Action (arXiv 2510.12635) does. `README.md` has prompts,
//! outputs and options.

mod agent;
mod call;
mod demonstration;
mod memact;
mod options;
mod prompts;
mod records;
mod tools;

pub use memact::MemAct;

memloom_sdk::export_policy!(MemAct);
