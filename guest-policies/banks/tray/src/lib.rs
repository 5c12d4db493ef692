//! A memory bank of an agent's working memory: records of calls with their results, which are folded
//! into summaries, as Memory-as-Action (arXiv 2510.12635) does, and grouped by subgoals, as HiAgent
//! (arXiv 2408.09559) does. `README.md` has the operations.

mod group;
mod operations;
mod query;
mod schema;
mod tray;

pub use tray::Tray;

memloom_sdk::export_bank!(Tray);
