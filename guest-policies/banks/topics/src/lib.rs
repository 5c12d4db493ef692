//! The bank of RMM (arXiv 2503.08026): summaries of topics with the turns that support them, and a
//! reranker that learns from what answers cite. `README.md` has the formulas.
//!
//! Ids count up (`p1`, `p2`, …) and are never reused.

mod operations;
mod options;
mod query;
mod reranker;
mod schema;
mod topics;

pub use topics::Topics;

memloom_sdk::export_bank!(Topics);
