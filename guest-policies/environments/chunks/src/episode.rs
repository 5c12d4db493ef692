//! Episodes: chunks to read, and questions about them.

use std::collections::BTreeSet;

use memloom_sdk::types::{Error, Question, Turn};
use serde::{Deserialize, Serialize};

use crate::films::Films;
use crate::scorer::Scorer;

/// The name of the only speaker.
pub const SPEAKER: &str = "user";

/// Chunks in order, and the questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The id.
    pub id: String,
    /// The sessions in order, one for each chunk; the first is session 1.
    pub sittings: Vec<Vec<Line>>,
    /// The questions.
    pub asked: Vec<Asked>,
    /// The names of films, if the answers are films.
    pub films: Films,
}

/// A turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The text.
    pub text: String,
    /// The earlier turn whose fact it changes.
    pub before: Option<String>,
}

/// A question and its answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// The right answers, any of which will do unless the scorer wants all.
    pub candidates: Vec<String>,
    /// Its scorer.
    pub scorer: Scorer,
    /// The points of a good summary; empty for other questions.
    pub points: Vec<String>,
}

impl Line {
    /// Returns a turn that changes no earlier fact.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            before: None,
        }
    }
}

impl Episode {
    /// Returns the lines of a session, counted from 1.
    ///
    /// # Errors
    /// `unknown` if there is no such session.
    pub fn lines(&self, session: u32) -> Result<&[Line], Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        let lines = place.and_then(|place| self.sittings.get(place));
        lines.map(Vec::as_slice).ok_or_else(|| {
            let (id, sessions) = (&self.id, self.sittings.len());
            Error::Unknown(format!(
                "{id} has no session {session}: it has 1 to {sessions}"
            ))
        })
    }

    /// Returns the turns that are evidence of a question, and those whose facts these changed.
    #[must_use]
    pub fn needed(&self) -> BTreeSet<String> {
        let evidence = self.asked.iter().flat_map(|asked| &asked.question.evidence);
        let mut needed: BTreeSet<String> = evidence.cloned().collect();
        let sittings = (1..).zip(&self.sittings);
        let changes: Vec<(String, &String)> = sittings
            .flat_map(|(session, lines)| {
                let lines = (1..).zip(lines);
                lines.filter_map(move |(number, line)| {
                    Some((turn_id(session, number), line.before.as_ref()?))
                })
            })
            .collect();
        // A fact may have changed more than once.
        for (turn, before) in changes.into_iter().rev() {
            if needed.contains(&turn) {
                needed.insert(before.clone());
            }
        }
        needed
    }
}

/// Returns the turns of a session with these lines.
#[must_use]
pub fn turns(session: u32, lines: &[Line]) -> Vec<Turn> {
    let turn = |(number, line): (usize, &Line)| Turn {
        id: turn_id(session, number),
        speaker: SPEAKER.into(),
        text: line.text.clone(),
    };
    (1..).zip(lines).map(turn).collect()
}

/// Returns the id of a turn of a session, both counted from 1.
#[must_use]
pub fn turn_id(session: u32, number: usize) -> String {
    format!("C{session}:{number}")
}
