//! A policy of few words, small enough for a model of a million parameters.
//!
//! The extractor says `keep` or `drop` to each turn of a chunk, the manager
//! `insert`, `skip`, `update` or `delete` to each kept one, both within a
//! grammar; facts are the turns' own words. Questions are answered by a fixed
//! reader without a model. Speakers are `@1`, `@2`, … in prompts, so that names
//! need not be learnt.

mod extract;
mod manage;
mod options;
mod reader;
mod selector;
mod speakers;

pub use selector::Selector;

memloom_sdk::export_policy!(Selector);
