//! Questions and documents from the user's files: HotpotQA's JSON, and JSON lines.

mod hotpot;
mod library;
mod lines;

pub use library::Library;
