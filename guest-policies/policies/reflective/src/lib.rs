//! The policy of RMM (arXiv 2503.08026): a summariser finds the topics of a dialogue, a merger joins
//! them to those of the bank, and an answerer cites the topics that it used, from which the bank's
//! reranker learns. `README.md` has the formats.

mod answerer;
mod merger;
mod options;
mod prompts;
mod reading;
mod reflective;
mod short_answer;
mod short_merge;
mod summariser;
mod topic;

pub use reflective::Reflective;

memloom_sdk::export_policy!(Reflective);
