//! How memloom reads text: one rule for the host and for its guests.

pub mod thoughts;
pub mod words;
