//! The trainer behind the binary `memloom`.
//!
//! [`train`] drives a run: it loads an [`mod@env`] of components, rolls policies out
//! ([`rollout`]) on the generation engine of [`memloom_engine`], turns outcomes into rewards
//! and advantages ([`memloom_algorithm`]), and updates the backbone. [`eval`] measures the
//! result and [`study`] the training itself; [`serving`] runs trained weights for agents in
//! service. [`clients`] talk to models that others serve, [`rejection_sampling`] records them
//! for the warm start, and [`embedder`] turns texts into vectors. [`config`] holds every choice
//! that a run depends on, [`rng`] every source of randomness, [`run`] the files of a run, and
//! [`report`] shows them. [`cli`] has a file for each verb of the command line.

pub mod cli;
pub mod clients;
pub mod config;
pub mod embedder;
pub mod env;
pub mod eval;
pub mod rejection_sampling;
pub mod report;
pub mod rng;
pub mod rollout;
pub mod run;
pub mod serving;
pub mod study;
pub mod tool_calls;
pub mod train;
