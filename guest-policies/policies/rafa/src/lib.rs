//! A policy that plans each act several steps ahead with the model as proposer, simulator and critic,
//! does the first of them, and plans anew, as RAFA (arXiv 2309.17382) does. `README.md` has prompts,
//! outputs and options.

mod actor;
mod lessons;
mod means;
mod options;
mod plan;
mod prompts;
mod rafa;
mod roles;
mod story;

pub use rafa::Rafa;

memloom_sdk::export_policy!(Rafa);
