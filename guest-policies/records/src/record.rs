//! The stored form of an entry.

use memloom_sdk::types::{Entry, Moment};
use serde::{Deserialize, Serialize};

/// An entry of a bank, with data of the bank's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// The number in the id.
    pub number: u64,
    /// The text.
    pub text: String,
    /// The person that it is about.
    pub speaker: String,
    /// The turns that support it, each once, in order of arrival.
    pub evidence: Vec<String>,
    /// The session that inserted it.
    pub first: When,
    /// The session that wrote it last.
    pub last: When,
    /// The embedding.
    pub vector: Option<Vec<f32>>,
    /// The data of the bank's own.
    pub data: T,
}

/// A session and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The number, counted from 1.
    pub session: u32,
    /// The time, in the environment's own words.
    pub time: String,
}

impl From<&Moment> for When {
    fn from(at: &Moment) -> Self {
        Self {
            session: at.session,
            time: at.time.clone(),
        }
    }
}

impl<T> Record<T> {
    /// Adds turns that it does not have yet.
    pub fn support(&mut self, turns: Vec<String>) {
        for turn in turns {
            if !self.evidence.contains(&turn) {
                self.evidence.push(turn);
            }
        }
    }

    /// Returns the entry in the contract's form, with the bank's fields.
    pub fn entry(&self, id: String, fields: Vec<(String, String)>) -> Entry {
        Entry {
            id,
            text: self.text.clone(),
            speaker: self.speaker.clone(),
            time: self.last.time.clone(),
            first_session: self.first.session,
            last_session: self.last.session,
            evidence: self.evidence.clone(),
            fields,
        }
    }

    /// Renders the entry for a model, in a line if its text is one.
    pub fn line(&self, id: &str) -> String {
        let Self { text, speaker, .. } = self;
        let head = format!("[{id}] ({})", self.last.time);
        match &**speaker {
            "" => format!("{head} {text}"),
            speaker => format!("{head} {speaker}: {text}"),
        }
    }
}
