//! A policy of few words, small enough for a model of a million parameters.
//!
//! The extractor outputs `keep` or `drop` for each turn of a chunk, and the manager
//! `insert`, `skip`, `update` or `delete` for each kept one, both within a grammar. A fact
//! is the text of a turn. A fixed reader answers questions without a model. Prompts call
//! the speakers `@1`, `@2`, …, so that the model need not learn names.

mod extract;
mod manage;
mod options;
mod reader;
mod selector;

pub use selector::Selector;

memloom_sdk::export_policy!(Selector);
