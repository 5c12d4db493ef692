//! The Markovian Thinker (Delethink, arXiv 2510.06557): a policy that thinks about a task in chunks.
//! When a chunk is full, all but the question and a short state is dropped, and thinking goes on.
//! `README.md` has prompts and options.

mod answer;
mod delethink;
mod kept;
mod language;
mod options;
mod prompts;
mod thinker;

pub use delethink::Delethink;

memloom_sdk::export_policy!(Delethink);
