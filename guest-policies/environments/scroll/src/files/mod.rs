//! Questions and texts from the user's files: HotpotQA's JSON, and MemAgent's JSON lines.

mod hotpot;
mod library;
mod lines;

pub use library::Library;
