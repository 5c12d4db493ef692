//! A library for memloom components.
//!
//! A component implements one of three traits, [`Bank`], [`Environment`] or
//! [`Policy`], and [`State`]; a macro exports it. This policy inserts every turn and
//! answers with the best hit:
//!
//! ```
//! use memloom_sdk::bank::{Query, evidence};
//! use memloom_sdk::policy::{Description, Report, dialogue};
//! use memloom_sdk::types::*;
//! use memloom_sdk::{Host, Policy, State, ReportCounter};
//!
//! #[derive(Default)]
//! pub struct Notebook;
//!
//! impl Policy for Notebook {
//!     fn describe(&self) -> Description {
//!         Description {
//!             name: "notebook".into(),
//!             summary: "Inserts every turn and asks no model".into(),
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
//!         let session = dialogue("notebook", session)?;
//!         let at = Moment { session: session.index, time: session.time };
//!         let mut report = ReportCounter::new(&["insert"]);
//!         for turn in session.turns {
//!             report.operation("insert");
//!             report.results(&host.apply(&at, &[Operation::insert(
//!                 turn.text,
//!                 turn.speaker,
//!                 vec![turn.id],
//!             )]));
//!         }
//!         Ok(report.report())
//!     }
//!
//!     fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
//!         let hits = host.retrieve(&Query::new(question, 1))?;
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
//! memloom_sdk::export_policy!(Notebook);
//! ```
//!
//! The traits are plain Rust: components also compile natively, where the macros expand
//! to nothing, and are tested there with a [`MockHost`].

#[doc(hidden)]
pub mod bindings;

pub mod acting;
pub mod answers;
pub mod bank;
pub mod environment;
pub mod generated;
pub mod grammar;
pub mod host;
mod instance;
pub mod items;
pub mod lexicon;
pub mod lookup;
pub mod metrics;
pub mod mock_host;
pub mod options;
pub mod policy;
pub mod quiz;
pub mod random;
mod report_counter;
pub mod shares;
pub mod speakers;
pub mod state;
pub mod text;
pub mod types;
pub mod verdicts;
pub mod warnings;

pub use memloom_text::{tags, thoughts, trace};

pub use bank::Bank;
pub use environment::Environment;
pub use host::{Host, Level, log};
#[doc(hidden)]
pub use instance::{Instance, Served};
pub use mock_host::MockHost;
pub use policy::Policy;
pub use report_counter::ReportCounter;
pub use state::State;
