//! A policy that reads section by section and overwrites one memory, as MemAgent (arXiv
//! 2507.02259) does. `README.md` has prompts, outputs and options.

mod advice;
mod answerer;
mod choice;
mod demonstrated;
mod keep;
mod memagent;
mod memory;
mod options;
mod prompts;
mod reader;
mod said;
mod section;

pub use memagent::MemAgent;

memloom_sdk::export_policy!(MemAgent);
