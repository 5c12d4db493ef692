//! The policy of Mem-α (arXiv 2509.25911): a writer reads a session in chunks and calls functions
//! that insert, update and delete core, semantic and episodic memory; a reader answers from what it
//! finds. `README.md` has the formats.

mod calls;
mod mem_alpha;
mod options;
mod prompts;
mod reader;
mod short_answer;
mod tools;
mod verdicts;
mod view;
mod writer;

pub use mem_alpha::MemAlpha;

memloom_sdk::export_policy!(MemAlpha);
