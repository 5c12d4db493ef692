//! A memory bank of a graph: triples about the world and the observations that gave them, as AriGraph
//! (arXiv 2407.04363) keeps them, and recipes, as Optimus-1 (arXiv 2408.03615) does. `README.md` has
//! the operations.

mod ends;
mod episodic;
mod graph;
mod node;
mod operations;
mod options;
mod plan;
mod query;
mod schema;

pub use graph::Graph;

memloom_sdk::export_bank!(Graph);
