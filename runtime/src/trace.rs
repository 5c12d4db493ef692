//! The record of an episode: every call of its policy into the host, and what
//! the host asked of it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::{Completion, GenerateCall};
use crate::types::{
    Answer, Entry, Error as Refusal, Hit, Level, Moment, Observation, Operation, Query, Report,
    Schema, Score, Stats,
};

/// Something that happened in an episode. Calls of the policy into the host
/// come before the event of the call of the host that they belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The policy asked what the bank can do.
    Schema(Schema),
    /// The policy changed the bank, or tried to.
    Apply {
        /// When in the episode.
        at: Moment,
        /// What was to be done.
        operations: Vec<Operation>,
        /// One result each.
        results: Vec<Result<String, Refusal>>,
    },
    /// The policy searched the bank.
    Retrieve {
        /// What for.
        query: Query,
        /// What was found.
        result: Result<Vec<Hit>, Refusal>,
    },
    /// The policy read the whole bank.
    Entries(Vec<Entry>),
    /// The policy had entries rendered.
    Render {
        /// Which.
        ids: Vec<String>,
        /// As text.
        result: Result<String, Refusal>,
    },
    /// The policy ended a session in the bank.
    EndSession(Moment),
    /// The policy asked for the bank's sizes.
    Stats(Stats),
    /// The policy asked the model.
    Generate {
        /// What it asked for, and when.
        call: GenerateCall,
        /// What the model said, or why it could not.
        result: Result<Completion, String>,
    },
    /// The policy asked the embedder.
    Embed {
        /// Texts.
        texts: Vec<String>,
        /// Vectors; none where there is no embedder.
        vectors: Option<Vec<Vec<f32>>>,
    },
    /// The policy acted in a task session.
    Act {
        /// What it did.
        action: String,
        /// What came of it.
        result: Result<Observation, Refusal>,
    },
    /// The policy wrote a line to the log.
    Log {
        /// How loud.
        level: Level,
        /// The line.
        text: String,
    },
    /// The host had the policy observe a session.
    Observed {
        /// Which.
        session: u32,
        /// Whose hints came with it, and the seed of them.
        demonstrator: Option<(String, u64)>,
        /// What the policy said of it.
        report: Report,
    },
    /// The host had the policy answer a question.
    Answered {
        /// The question's id.
        question: String,
        /// The answer.
        answer: Answer,
    },
    /// The host had the environment score an answer.
    Scored {
        /// The question's id.
        question: String,
        /// The answer.
        answer: Answer,
        /// What it is worth.
        score: Score,
    },
}

/// The events of an episode, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The events.
    pub events: Vec<Event>,
}

const MAGIC: &[u8; 8] = b"mltrace\0";
/// Raised whenever [`Event`] or a type of the contract changes.
const VERSION: u32 = 1;
const HASH: usize = blake3::OUT_LEN;
const HEADER: usize = MAGIC.len() + size_of::<u32>() + HASH;

impl Trace {
    /// Writes the trace as a file: a magic, a version, the BLAKE3 hash of what
    /// follows, and the events in postcard's encoding.
    ///
    /// # Errors
    /// [`Error::Trace`] where the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |why: String| failed("write", path, why);
        let body = postcard::to_stdvec(self).map_err(|error| failed(error.to_string()))?;
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(blake3::hash(&body).as_bytes());
        bytes.extend_from_slice(&body);
        std::fs::write(path, bytes).map_err(|error| failed(error.to_string()))
    }

    /// Reads a trace that [`Trace::write`] wrote.
    ///
    /// # Errors
    /// [`Error::Trace`] where the file cannot be read, is no trace, is of
    /// another version or is damaged.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| failed("read", path, error.to_string()))?;
        Self::decode(&bytes).map_err(|why| failed("read", path, why))
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("it is no memloom trace")?;
        let damaged = "it is damaged; record it again";
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(format!(
                "it has version {version}, this memloom reads {VERSION}"
            ));
        }
        let (hash, body) = rest.split_first_chunk::<HASH>().ok_or(damaged)?;
        if blake3::hash(body) != *hash {
            return Err(damaged.into());
        }
        postcard::from_bytes(body).map_err(|error| format!("{damaged} ({error})"))
    }
}

fn failed(action: &'static str, path: &Path, why: String) -> Error {
    Error::Trace {
        action,
        path: path.display().to_string(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        let answer = Answer {
            text: "Oslo".into(),
            citations: vec!["D1:2".into()],
        };
        Trace {
            events: vec![
                Event::Retrieve {
                    query: Query {
                        text: "live".into(),
                        vector: None,
                        speaker: Some("Anna".into()),
                        limit: 2,
                        threshold: 0.1,
                    },
                    result: Err(Refusal::Invalid("too short".into())),
                },
                Event::Answered {
                    question: "q1".into(),
                    answer: answer.clone(),
                },
                Event::Scored {
                    question: "q1".into(),
                    answer,
                    score: Score {
                        reward: 0.5,
                        metrics: vec![("f1".into(), 0.5)],
                    },
                },
            ],
        }
    }

    #[test]
    fn a_trace_survives_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("episode.trace");
        trace().write(&path).expect("written");
        assert_eq!(Trace::read(&path).expect("read"), trace());
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("episode.trace");
        trace().write(&path).expect("written");
        let good = std::fs::read(&path).expect("read");
        assert_eq!(
            good.len() - HEADER,
            postcard::to_stdvec(&trace()).expect("bytes").len()
        );
        for position in 0..good.len() {
            let mut bad = good.clone();
            bad[position] ^= 1;
            assert!(Trace::decode(&bad).is_err(), "byte {position}");
            assert!(
                Trace::decode(&good[..position]).is_err(),
                "cut at {position}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("episode.trace");
        let message = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("written");
            Trace::read(&path).expect_err("refused").to_string()
        };
        let head = format!("cannot read the trace {}: ", path.display());
        assert_eq!(message(b"PK"), format!("{head}it is no memloom trace"));
        assert_eq!(
            message(b"mltrace\0\x09\0\0\0"),
            format!("{head}it has version 9, this memloom reads 1")
        );
        assert_eq!(
            message(b"mltrace\0\x01\0\0\0"),
            format!("{head}it is damaged; record it again")
        );
    }
}
