//! A memory bank of what is where, in three modes: slots by place with rules of eviction, as in the
//! Spatially-Aware Transformer (arXiv 2402.15160); a history in chunks that is searched in two levels, as in
//! HCAM (arXiv 2105.14039); a small cache of the states of things, as in KARMA (arXiv 2409.14908).
//! `README.md` has the operations.

mod cache;
mod chunks;
mod operations;
mod options;
mod places;
mod query;
mod rule;
mod schema;
mod spot;
mod validity;

pub use places::Places;

memloom_sdk::export_bank!(Places);
