//! The types that all interfaces share. `wit/types.wit` describes them.

pub use crate::bindings::host::memloom::agent::types::*;

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
