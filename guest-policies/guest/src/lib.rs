//! What a memloom component is written with.
//!
//! A component implements one of three traits, [`Bank`], [`Environment`] or
//! [`Policy`], and [`State`]; one macro exports it. A policy that notes every
//! turn and answers with what fits best:
//!
//! ```
//! use memloom_guest::bank::{Query, evidence};
//! use memloom_guest::policy::{Description, Report};
//! use memloom_guest::types::*;
//! use memloom_guest::{Host, Policy, State, Tally};
//!
//! #[derive(Default)]
//! pub struct Notebook;
//!
//! impl Policy for Notebook {
//!     fn describe(&self) -> Description {
//!         Description {
//!             name: "notebook".into(),
//!             summary: "Notes everything and asks no model".into(),
//!             roles: vec![],
//!             control_words: vec![],
//!         }
//!     }
//!
//!     fn configure(&mut self, _options: &str, _lexicon: Vec<LexiconKind>) -> Result<(), Error> {
//!         Ok(())
//!     }
//!
//!     fn observe(
//!         &mut self,
//!         host: &mut dyn Host,
//!         session: SessionContent,
//!         _hints: Option<Vec<Hint>>,
//!     ) -> Result<Report, Error> {
//!         let SessionContent::Dialogue(session) = session else {
//!             return Err(Error::Unsupported("notebook only reads dialogue".into()));
//!         };
//!         let at = Moment { session: session.index, time: session.time };
//!         let mut tally = Tally::new(&["insert"]);
//!         for turn in session.turns {
//!             tally.operation("insert");
//!             tally.results(&host.apply(&at, &[Operation::Insert(Insertion {
//!                 text: turn.text,
//!                 speaker: turn.speaker,
//!                 evidence: vec![turn.id],
//!                 vector: None,
//!             })]));
//!         }
//!         Ok(tally.report())
//!     }
//!
//!     fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
//!         let hits = host.retrieve(&Query {
//!             text: question.into(),
//!             vector: None,
//!             speaker: None,
//!             limit: 1,
//!             threshold: 0.0,
//!         })?;
//!         Ok(Answer {
//!             text: hits.first().map_or_else(String::new, |hit| hit.entry.text.clone()),
//!             citations: evidence(&hits),
//!         })
//!     }
//! }
//!
//! impl State for Notebook {
//!     fn snapshot(&self) -> Vec<u8> {
//!         Vec::new()
//!     }
//!
//!     fn restore(&mut self, _bytes: &[u8]) -> Result<(), Error> {
//!         Ok(())
//!     }
//! }
//!
//! memloom_guest::export_policy!(Notebook);
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
pub mod options;
pub mod policy;
pub mod random;
mod rehearsal;
pub mod state;
mod tally;
pub mod text;

pub use memloom_text::thoughts;

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
