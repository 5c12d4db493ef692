//! What a memloom component is written with.
//!
//! A component implements one of three traits, [`Bank`], [`Environment`] or
//! [`Policy`], and [`State`]; one macro exports it:
//!
//! ```ignore
//! #[derive(Default)]
//! pub struct Diary { /* … */ }
//!
//! impl memloom_guest::Bank for Diary { /* … */ }
//! impl memloom_guest::State for Diary { /* … */ }
//!
//! memloom_guest::export_bank!(Diary);
//! ```
//!
//! The traits are plain Rust: everything compiles and is tested natively, where
//! the macros expand to nothing. [`Rehearsal`] stands in for the host there.

#[doc(hidden)]
pub mod bindings;

pub mod bank;
pub mod environment;
pub mod host;
mod instance;
pub mod metrics;
pub mod policy;
pub mod random;
mod rehearsal;
pub mod state;
mod tally;
pub mod text;

/// The nouns that all interfaces share, as `wit/types.wit` describes them.
pub mod types {
    pub use crate::bindings::host::memloom::agent::types::*;
}

pub use bank::Bank;
pub use environment::Environment;
pub use host::{Host, Level, log};
#[doc(hidden)]
pub use instance::{Instance, Served};
pub use policy::Policy;
pub use rehearsal::Rehearsal;
pub use state::State;
pub use tally::Tally;
