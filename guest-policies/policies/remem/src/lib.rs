//! A policy that keeps each task as an experience, shows like ones in later tasks, and lets the model
//! prune them while it works, as ExpRecent, ExpRAG and ReMem of Evo-Memory (arXiv 2511.20857) do.
//! `README.md` has prompts, outputs and options.

mod actor;
mod demonstration;
mod experience;
mod keep;
mod means;
mod numbers;
mod options;
mod output;
mod prompts;
mod reflector;
mod remem;
mod shown;
mod step;
mod words;

pub use remem::ReMem;

memloom_sdk::export_policy!(ReMem);
