//! The policy of Memory-R1 (arXiv 2508.19828): an extractor finds the facts of each turn, a manager
//! adds, updates and deletes entries, an answerer chooses the useful ones among many and answers
//! from them. They speak JSON, or words under a grammar. `README.md` has the formats.

mod answerer;
mod extractor;
mod manager;
mod memory_r1;
mod options;
mod prompts;
mod short_answer;
mod shortened;
mod verdict;

pub use memory_r1::MemoryR1;

memloom_sdk::export_policy!(MemoryR1);
