//! The nouns of the contract, as plain Rust: what `wit/` calls them, with
//! `serde`. Where two interfaces use one word, the interface is in the name.
//! All are `Send` and `Sync`.
//!
//! ```
//! use memloom_runtime::types::Turn;
//!
//! let turn = r#"{"id": "m1", "speaker": "Ada", "text": "I live in Lisbon now."}"#;
//! let turn: Turn = serde_json::from_str(turn).expect("a turn");
//! assert_eq!(turn.speaker, "Ada");
//! ```

pub use crate::bindings::bank::{Hit, OperationSchema, Query, Schema, Stats};
pub use crate::bindings::environment::{
    DataFile, Description as EnvironmentDescription, Episode as OpenEpisode, LoadReport, Split,
};
pub use crate::bindings::log::Level;
pub use crate::bindings::model::{FinishReason, Message, Request};
pub use crate::bindings::policy::{Description as PolicyDescription, Report};
pub use crate::bindings::types::{
    Answer, CustomOperation, Entry, Error, Gesture, Hint, Insertion, LexiconKind, Moment,
    Observation, Operation, Question, Revision, Score, Session, SessionContent, Task, Turn,
};
