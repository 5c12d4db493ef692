//! A memory bank of cases, as Memento, WebCoach and RAFA keep them: a goal, the plan that was
//! tried, what came of it, and how often it has helped since. `README.md` has the fields.
//!
//! Cases are found by the likeness of their goals, by their value for the goal at hand, or by
//! recency. Ids count up (`c1`, `c2`, …) and are never reused.

mod case;
mod cases;
mod draw;
mod features;
mod fields;
mod logistic;
mod memory;
mod options;
mod query;
mod schema;
mod value;

pub use cases::Cases;

memloom_sdk::export_bank!(Cases);
