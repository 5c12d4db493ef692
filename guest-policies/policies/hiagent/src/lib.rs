//! A policy that acts in tasks subgoal by subgoal: what was done for a finished subgoal gives way to a
//! summary, as in HiAgent (arXiv 2408.09559). `README.md` has prompts, outputs and options.

mod actor;
mod choice;
mod decision;
mod hiagent;
mod options;
mod output;
mod prompts;
mod records;
mod said;
mod summariser;
mod summary;

pub use hiagent::HiAgent;

memloom_sdk::export_policy!(HiAgent);
