//! The stored form of an entry.

use memloom_sdk::types::{Entry, Moment};
use serde::{Deserialize, Serialize};

/// An entry with its internal fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The number in the id.
    pub number: u64,
    /// The fact as one line.
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

impl Stored {
    /// Returns the id of the entry.
    pub fn id(&self) -> String {
        format!("m{}", self.number)
    }

    /// Returns the number in an id, if it is well formed.
    pub fn number_of(id: &str) -> Option<u64> {
        let number: u64 = id.strip_prefix('m')?.parse().ok()?;
        // "m07" and "m+7" parse too, but are no ids.
        (format!("m{number}") == id).then_some(number)
    }

    /// Adds turns that it does not have yet.
    pub fn support(&mut self, turns: Vec<String>) {
        for turn in turns {
            if !self.evidence.contains(&turn) {
                self.evidence.push(turn);
            }
        }
    }

    /// Returns the entry in the contract's form.
    pub fn entry(&self) -> Entry {
        Entry {
            id: self.id(),
            text: self.text.clone(),
            speaker: self.speaker.clone(),
            time: self.last.time.clone(),
            first_session: self.first.session,
            last_session: self.last.session,
            evidence: self.evidence.clone(),
            fields: vec![("first-time".into(), self.first.time.clone())],
        }
    }

    /// Renders the entry for a model.
    pub fn line(&self) -> String {
        let Self { text, speaker, .. } = self;
        let head = format!("[{}] ({})", self.id(), self.last.time);
        if speaker.is_empty() {
            format!("{head} {text}")
        } else {
            format!("{head} {speaker}: {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_were_given_are_read() {
        assert_eq!(Stored::number_of("m12"), Some(12));
        for id in ["12", "m", "m012", "m+1", "M1", "m1 ", ""] {
            assert_eq!(Stored::number_of(id), None, "{id:?}");
        }
    }
}
