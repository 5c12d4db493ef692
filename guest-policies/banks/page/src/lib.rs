//! A memory bank of one text that is overwritten, as MemAgent (arXiv 2507.02259) and MEM1 (arXiv
//! 2506.15841) keep it. `README.md` has the operations.
//!
//! Ids count up (`p1`, `p2`, …) with every page that is begun on an empty bank, and are never
//! reused, so the same operations give the same bank.

mod length;
mod options;
mod page;

pub use page::Page;

memloom_sdk::export_bank!(Page);
