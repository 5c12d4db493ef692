//! The memory bank of memloom: an ordered list of one-line entries, searched by words
//! (BM25) or by embedding (cosine), as in section 3 of Memory-R2.
//!
//! Ids count up (`m1`, `m2`, …) and are never reused, so the same operations give the
//! same bank. The time of an entry is that of its last write; the field `first-time`
//! keeps the time of its insertion.

mod flat;

pub use flat::Flat;

memloom_sdk::export_bank!(Flat);
