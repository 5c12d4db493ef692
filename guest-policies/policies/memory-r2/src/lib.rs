//! The policy of Memory-R2 (arXiv 2605.21768): an extractor turns dialogue into
//! facts, a manager writes them into the bank, an answerer reads the bank. All three are
//! roles of one language model and use JSON; their prompts are in `src/prompts/`. `README.md` has
//! the format and what is read beside it.
//!
//! Unlike in the paper's code, both writing roles see the session's time, turn ids are
//! checked against the session, and empty chunks make no request.

mod answerer;
mod bounds;
mod chat;
mod extractor;
mod manager;
mod memory_r2;
mod options;
mod prompts;
mod session_view;

pub use memory_r2::MemoryR2;

memloom_sdk::export_policy!(MemoryR2);
