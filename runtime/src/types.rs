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
pub use crate::bindings::model::{FinishReason, Message, Request, Tool, ToolCall};
pub use crate::bindings::policy::{Description as PolicyDescription, Report};
pub use crate::bindings::types::{
    Answer, CustomOperation, DemonstratedOperation, Entry, Error, Hint, Insertion, LexiconKind,
    Moment, Observation, Operation, Question, Revision, Score, Session, SessionContent, Task, Turn,
};

impl Operation {
    /// Returns an insertion of an entry without a vector and custom fields.
    pub fn insert(
        text: impl Into<String>,
        speaker: impl Into<String>,
        evidence: Vec<String>,
    ) -> Self {
        Self::Insert(Insertion::new(text, speaker, evidence))
    }

    /// Returns an update of an entry without a vector and custom fields.
    pub fn update(id: impl Into<String>, text: impl Into<String>, evidence: Vec<String>) -> Self {
        Self::Update(Revision::new(id, text, evidence))
    }

    /// Returns a custom operation; `arguments` is a JSON object.
    pub fn custom(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self::Custom(CustomOperation {
            name: name.into(),
            arguments: arguments.into(),
            vector: None,
        })
    }
}

impl Insertion {
    /// Returns the content of a new entry without a vector and custom fields.
    pub fn new(text: impl Into<String>, speaker: impl Into<String>, evidence: Vec<String>) -> Self {
        Self {
            text: text.into(),
            speaker: speaker.into(),
            evidence,
            vector: None,
            fields: Vec::new(),
        }
    }
}

impl Revision {
    /// Returns the new content of an entry without a vector and custom fields.
    pub fn new(id: impl Into<String>, text: impl Into<String>, evidence: Vec<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            evidence,
            vector: None,
            fields: Vec::new(),
        }
    }
}

impl Request {
    /// Returns a request for free text, without tools, stop strings and demonstration.
    pub fn new(role: impl Into<String>, messages: Vec<Message>, max_tokens: u32) -> Self {
        Self {
            role: role.into(),
            messages,
            tools: Vec::new(),
            max_tokens,
            grammar: None,
            stop: Vec::new(),
            temperature: None,
            demonstration: None,
        }
    }
}

impl Message {
    /// Returns a message of a role, without calls of tools.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            tool_calls: Vec::new(),
        }
    }
}

impl Question {
    /// Returns whether no policy is asked: the host scores an empty answer once all of its
    /// sessions have been lived.
    pub fn is_silent(&self) -> bool {
        self.text.is_empty()
    }
}

impl Answer {
    /// Returns the answer of a policy that does not know, and to silent questions.
    pub fn empty() -> Self {
        Self {
            text: String::new(),
            citations: Vec::new(),
        }
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
            options: String::new(),
        }
    }
}
