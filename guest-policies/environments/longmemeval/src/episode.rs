//! Episodes: the histories of one or more questions.

use std::collections::BTreeSet;

use memloom_sdk::types::{Question, Turn};
use serde::{Deserialize, Serialize};

use crate::history::{History, Sitting};
use crate::kind::Kind;
use crate::published::Spoken;

/// Sessions in order of time, and the questions about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The id: those of the questions, with a `+` between them.
    pub id: String,
    /// The sessions in order; the first is session 1.
    pub sittings: Vec<SessionView>,
    /// The questions in the order of the file.
    pub asked: Vec<Asked>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// The time as in the file.
    pub time: String,
    /// The turns in order.
    pub turns: Vec<Turn>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// Its kind.
    pub kind: Kind,
    /// The published answer: a rubric for a preference, an explanation for an abstention.
    pub answer: String,
}

impl Episode {
    /// Joins histories, their sessions in order of time.
    #[must_use]
    pub fn new(histories: Vec<History<'_>>) -> Self {
        let ids: Vec<&str> = histories.iter().map(|one| one.id.as_str()).collect();
        let id = ids.join("+");
        let mut asked = Vec::new();
        let mut sessions = Vec::new();
        for (owner, history) in histories.into_iter().enumerate() {
            asked.push(Asked {
                question: Question {
                    id: history.id,
                    text: history.question,
                    category: history.kind.name().into(),
                    sessions: Vec::new(),
                    evidence: Vec::new(),
                },
                kind: history.kind,
                answer: history.answer,
            });
            let owned = history.sittings.into_iter();
            sessions.extend(owned.map(|sitting| (owner, sitting)));
        }
        sessions.sort_by_key(|(_, sitting)| sitting.moment);
        for (number, asked) in asked.iter_mut().enumerate() {
            let own = (1..)
                .zip(&sessions)
                .filter(|(_, (owner, _))| *owner == number);
            asked.point(own.map(|(index, (_, sitting))| (index, sitting)));
        }
        let views = (1..).zip(sessions);
        Self {
            id,
            sittings: views.map(|(index, (_, one))| view(index, one)).collect(),
            asked,
        }
    }

    /// Cuts it to the first `horizon` sessions, all for 0, and to the questions whose sessions
    /// they contain.
    #[must_use]
    pub fn cut(mut self, horizon: u32) -> Self {
        if horizon > 0 {
            self.sittings.truncate(horizon as usize);
        }
        let last = self.sittings.len() as u32;
        let within = |asked: &Asked| asked.question.sessions.iter().all(|&one| one <= last);
        self.asked.retain(within);
        self
    }

    /// Returns the turns that are evidence of a question.
    #[must_use]
    pub fn evidence(&self) -> BTreeSet<&str> {
        let evidence = self.asked.iter().flat_map(|asked| &asked.question.evidence);
        evidence.map(String::as_str).collect()
    }
}

impl Asked {
    /// Sets the sessions and the evidence, from the sessions of the question's own history.
    /// Without a marked turn, all turns of the answer sessions are evidence; of a question
    /// without an answer none is. Without answer sessions it is about all sessions.
    fn point<'a>(&mut self, own: impl Iterator<Item = (u32, &'a Sitting<'a>)> + Clone) {
        let answering = own.clone().filter(|(_, sitting)| sitting.answers);
        let turns = |marked: bool| {
            let turns = answering.clone().flat_map(move |(index, sitting)| {
                let turns = said(&sitting.turns);
                let evidence = turns.filter(move |(_, turn)| !marked || turn.is_evidence());
                evidence.map(move |(number, _)| turn_id(index, number))
            });
            turns.collect::<Vec<String>>()
        };
        if self.kind != Kind::Abstention {
            self.question.evidence = turns(true);
            if self.question.evidence.is_empty() {
                self.question.evidence = turns(false);
            }
        }
        self.question.sessions = answering.clone().map(|(index, _)| index).collect();
        if self.question.sessions.is_empty() {
            self.question.sessions = own.map(|(index, _)| index).collect();
        }
    }
}

/// The turns in which something is said, with their numbers in the file, counted from 1.
fn said<'a, 'b>(turns: &'b [Spoken<'a>]) -> impl Iterator<Item = (usize, &'b Spoken<'a>)> {
    (1..).zip(turns).filter(|(_, turn)| !turn.is_blank())
}

fn view(index: u32, sitting: Sitting<'_>) -> SessionView {
    let turns = said(&sitting.turns).map(|(number, spoken)| Turn {
        id: turn_id(index, number),
        speaker: spoken.role.to_string(),
        text: spoken.content.to_string(),
    });
    SessionView {
        turns: turns.collect(),
        time: sitting.time,
    }
}

fn turn_id(session: u32, number: usize) -> String {
    format!("D{session}:{number}")
}
