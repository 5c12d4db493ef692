//! A policy that acts in tasks with one internal state, rewritten at each turn, in the place of its
//! history, as MEM1 (arXiv 2506.15841) does. `README.md` has prompts, outputs and options.

mod agent;
mod evidence;
mod mem1;
mod options;
mod output;
mod prompts;
mod said;
mod turn;
mod words;
mod writing;

pub use mem1::Mem1;

memloom_sdk::export_policy!(Mem1);
