//! The types of the contract in `wit/`, with `serde`. Where two interfaces use one
//! name, the interface is part of the name here. All are `Send` and `Sync`.
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
    Answer, CustomOperation, DemonstratedOperation, Entry, Error, Hint, Insertion, LexiconKind,
    Moment, Observation, Operation, Question, Revision, Score, Session, SessionContent, Task, Turn,
};

impl Operation {
    /// Returns an insertion of an entry without a vector.
    pub fn insert(
        text: impl Into<String>,
        speaker: impl Into<String>,
        evidence: Vec<String>,
    ) -> Self {
        Self::Insert(Insertion {
            text: text.into(),
            speaker: speaker.into(),
            evidence,
            vector: None,
        })
    }

    /// Returns an update of an entry without a vector.
    pub fn update(id: impl Into<String>, text: impl Into<String>, evidence: Vec<String>) -> Self {
        Self::Update(Revision {
            id: id.into(),
            text: text.into(),
            evidence,
            vector: None,
        })
    }

    /// Returns a custom operation; `arguments` is a JSON object.
    pub fn custom(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self::Custom(CustomOperation {
            name: name.into(),
            arguments: arguments.into(),
        })
    }
}

impl Query {
    /// Returns a query for the best entries, without a vector, a speaker or a threshold.
    pub fn new(text: impl Into<String>, limit: u32) -> Self {
        Self {
            text: text.into(),
            vector: None,
            speaker: None,
            limit,
            threshold: 0.0,
        }
    }
}
