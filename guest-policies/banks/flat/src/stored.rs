//! One entry as the bank keeps it.

use memloom_sdk::types::{Entry, Moment};
use serde::{Deserialize, Serialize};

/// An entry with what the contract's entry does not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The number in its id.
    pub number: u64,
    /// The fact: one line.
    pub text: String,
    /// Whom it is about.
    pub speaker: String,
    /// Turns that support it, each once, in the order in which they came.
    pub evidence: Vec<String>,
    /// Session that inserted it.
    pub first: When,
    /// Session that wrote it last.
    pub last: When,
    /// For retrieval by meaning.
    pub vector: Option<Vec<f32>>,
}

/// A session and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Counts from 1.
    pub session: u32,
    /// In the environment's own words.
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
    /// The name it goes by outside.
    pub fn id(&self) -> String {
        format!("m{}", self.number)
    }

    /// The number that an id names, if it has the form of one.
    pub fn number_of(id: &str) -> Option<u64> {
        let number: u64 = id.strip_prefix('m')?.parse().ok()?;
        // "m07" and "m+7" parse too, but nobody was given them.
        (format!("m{number}") == id).then_some(number)
    }

    /// Adds turns that are not there yet.
    pub fn support(&mut self, turns: Vec<String>) {
        for turn in turns {
            if !self.evidence.contains(&turn) {
                self.evidence.push(turn);
            }
        }
    }

    /// The entry as the contract shows it.
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

    /// The entry as a model reads it.
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
