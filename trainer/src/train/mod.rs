//! A training run: warm start, then reinforcement learning stage by stage, resumable at any
//! moment.
//!
//! [`run()`] opens the run and goes through its parts. `trainer.rs` has the state that they
//! share, `warm_start.rs` and `curriculum.rs` the two ways of learning, `rl_step.rs` one step
//! of the second, `evaluation.rs` the measurements before and after.

pub mod batch;
pub mod credit;
mod curriculum;
pub mod demonstration;
pub mod evaluation;
pub mod group_metrics;
pub mod initial_weights;
pub mod learner;
pub mod preflight;
mod remote_sampling;
pub mod reroll_plan;
mod rl_step;
mod run;
pub mod tokenizer_setup;
mod trainer;
pub mod value_states;
mod warm_start;

pub use self::evaluation::evaluate;
pub use self::preflight::check;
pub use self::run::run;
