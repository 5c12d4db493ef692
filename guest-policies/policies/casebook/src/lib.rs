//! A policy that plans a task from cases of former ones, carries the plan out and keeps it as a case, as
//! Memento (arXiv 2508.16153) does. `README.md` has prompts, outputs and options.

mod case;
mod casebook;
mod compact;
mod executor;
mod keep;
mod means;
mod options;
mod plan;
mod planner;
mod played;
mod prompts;
mod shown;
mod text;
mod words;

pub use casebook::Casebook;

memloom_sdk::export_policy!(Casebook);
