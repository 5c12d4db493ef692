//! A policy that acts in tasks with a graph of what it has seen: triples and the observations that gave
//! them, as Ariadne does with AriGraph (arXiv 2407.04363). `README.md` has roles, outputs and options.

mod actor;
mod answer;
mod ariadne;
mod extractor;
mod items;
mod map;
mod means;
mod memory;
mod options;
mod planner;
mod play;
mod prompts;
mod refiner;
mod sentence;
mod story;
mod triple;

pub use ariadne::Ariadne;

memloom_sdk::export_policy!(Ariadne);
