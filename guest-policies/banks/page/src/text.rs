//! The text on the page.

use memloom_sdk::types::{Entry, Error, Moment};
use serde::{Deserialize, Serialize};

/// The text on the page, with its internal fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// The number in the id.
    pub number: u64,
    /// The text.
    pub words: String,
    /// The person that it is about.
    pub speaker: String,
    /// The turns that support it, each once, in order of arrival.
    pub evidence: Vec<String>,
    /// The session that began the page.
    pub first_session: u32,
    /// The session that wrote it last.
    pub last_session: u32,
    /// The time of the session that wrote it last.
    pub time: String,
    /// The embedding.
    pub vector: Option<Vec<f32>>,
}

impl Text {
    /// Returns the id of the entry.
    pub fn id(&self) -> String {
        format!("p{}", self.number)
    }

    /// Writes the text, and adds turns that support it.
    pub fn write(&mut self, at: &Moment, words: String, turns: Vec<String>) {
        self.words = words;
        self.last_session = at.session;
        self.time.clone_from(&at.time);
        for turn in turns {
            if !self.evidence.contains(&turn) {
                self.evidence.push(turn);
            }
        }
    }

    /// Returns the text in the contract's form.
    pub fn entry(&self) -> Entry {
        Entry {
            id: self.id(),
            text: self.words.clone(),
            speaker: self.speaker.clone(),
            time: self.time.clone(),
            first_session: self.first_session,
            last_session: self.last_session,
            evidence: self.evidence.clone(),
            fields: Vec::new(),
        }
    }
}

/// Checks that a vector is finite.
///
/// # Errors
/// `invalid` if it has no number or one that is not finite.
pub fn check_vector(vector: Option<&[f32]>) -> Result<(), Error> {
    match vector {
        Some(numbers) if numbers.is_empty() || numbers.iter().any(|x| !x.is_finite()) => Err(
            Error::Invalid("a vector must have one finite number or more".into()),
        ),
        _ => Ok(()),
    }
}
