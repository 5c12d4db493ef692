//! The types that all interfaces share. `wit/types.wit` describes them.

pub use crate::bindings::host::memloom::agent::types::*;

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
