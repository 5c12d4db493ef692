//! The memory bank that memloom ships: an ordered list of one-line entries,
//! found by words (BM25) or by meaning (cosine), as in Memory-R2 section 3.
//!
//! Ids count up (`m1`, `m2`, …) and are never given twice, so the same
//! operations give the same bank. The time an entry shows is that of its last
//! write; the field `first-time` keeps that of its insertion.

mod bm25;
mod cosine;
mod flat;
mod known;
mod stored;

pub use flat::Flat;

memloom_sdk::export_bank!(Flat);
