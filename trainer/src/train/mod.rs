//! A training run: warm start, then reinforcement learning stage by stage. It can be resumed at
//! any moment.
//!
//! [`run()`] opens the run and runs its parts. `trainer.rs` holds the state that they share,
//! `warm_start.rs` the supervised phase, `warm_start_source.rs` what it imitates,
//! `curriculum.rs` the stages, `rl_step.rs` one training step of a stage, and `evaluation.rs`
//! the measurements before and after.

pub mod batch;
pub mod credit;
mod curriculum;
pub mod decision;
pub mod demonstration;
mod draw;
pub mod evaluation;
pub mod group_metrics;
pub mod initial_weights;
mod instruction_search;
pub mod instructions;
pub mod intrinsic;
pub mod learner;
pub mod preflight;
mod remote_sampling;
mod replay;
mod request_check;
pub mod reroll_plan;
mod rl_step;
mod run;
pub mod tokenizer_setup;
mod trainer;
pub mod value_states;
mod warm_start;
mod warm_start_source;

pub use self::evaluation::evaluate;
pub use self::preflight::{begun, check};
pub use self::run::run;
