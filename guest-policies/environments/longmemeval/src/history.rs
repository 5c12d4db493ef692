//! Checked instances: a history of sessions in order, and its question.

use std::collections::BTreeSet;

use memloom_sdk::shares::hash;
use memloom_sdk::types::Error;

use crate::faults::Faults;
use crate::kind::Kind;
use crate::moment::Moment;
use crate::options::Options;
use crate::published::{Published, Spoken, plain};

/// A question and the sessions before it.
#[derive(Debug)]
pub struct History<'a> {
    /// The question's id.
    pub id: String,
    /// The kind.
    pub kind: Kind,
    /// The question with its date.
    pub question: String,
    /// The published answer.
    pub answer: String,
    /// The time of the question, if it can be read.
    pub asked: Option<Moment>,
    /// The sessions in order of time.
    pub sittings: Vec<Sitting<'a>>,
}

/// One session.
#[derive(Debug)]
pub struct Sitting<'a> {
    /// The id in the file.
    pub id: String,
    /// The time as in the file.
    pub time: String,
    /// The time by which it is sorted: its own, else that of the session before it in the file.
    pub moment: Option<Moment>,
    /// True if the answer depends on it.
    pub answers: bool,
    /// The turns.
    pub turns: Vec<Spoken<'a>>,
}

impl<'a> History<'a> {
    /// Checks a published instance with an id. None if its question is not asked for, or if it
    /// cannot be used. Adds its faults to `faults`.
    ///
    /// # Errors
    /// `invalid` naming the question, if a list of the history is missing or of another length.
    pub fn new(
        id: String,
        published: Published<'a>,
        options: &Options,
        faults: &mut Faults,
    ) -> Result<Option<Self>, Error> {
        let published_type = published.question_type.unwrap_or_default();
        let kind = Kind::of(&id, &published_type);
        if !options.asks(kind) {
            return Ok(None);
        }
        let ids = list(&id, "haystack_session_ids", published.haystack_session_ids)?;
        let dates = list(&id, "haystack_dates", published.haystack_dates)?;
        let sessions = list(&id, "haystack_sessions", published.haystack_sessions)?;
        for (name, length) in [
            ("haystack_session_ids", ids.len()),
            ("haystack_dates", dates.len()),
        ] {
            if length != sessions.len() {
                let count = sessions.len();
                return Err(Error::Invalid(format!(
                    "{id}: `{name}` has {length} items, but `haystack_sessions` has {count}: \
                     give one for each session"
                )));
            }
        }
        let Some(question) = published.question.filter(|text| !text.trim().is_empty()) else {
            faults.unasked.push(id);
            return Ok(None);
        };
        let Some(answer) = published.answer.as_ref().and_then(plain) else {
            faults.unanswered.push(id);
            return Ok(None);
        };
        let wanted = published.answer_session_ids.unwrap_or_default();
        let missing = wanted.iter().filter(|wanted| !ids.contains(wanted));
        let missing: Vec<String> = missing.map(|wanted| format!("{wanted} of {id}")).collect();
        let mut order = Order::default();
        let mut sittings = Vec::new();
        for ((session, time), turns) in ids.into_iter().zip(dates).zip(sessions) {
            if turns.iter().all(Spoken::is_blank) {
                faults.empty.push(format!("{session} of {id}"));
                continue;
            }
            let marked = turns.iter().any(Spoken::is_evidence);
            sittings.push(Sitting {
                moment: order.next(&time, &session, &id, faults),
                answers: marked || wanted.contains(&session),
                id: session,
                time,
                turns,
            });
        }
        let answering = sittings.iter().filter(|sitting| sitting.answers).count();
        if sittings.is_empty() || answering == 0 && kind != Kind::Abstention {
            faults.without_evidence.push(id);
            return Ok(None);
        }
        faults.missing.extend(missing);
        if kind == Kind::Other {
            let line = format!("{id} ({published_type})");
            faults.unknown_types.push(line);
        }
        let mut turns = sittings.iter().flat_map(|sitting| &sitting.turns);
        if kind != Kind::Abstention && !turns.any(Spoken::is_evidence) {
            faults.unmarked.push(id.clone());
        }
        if !sittings.is_sorted_by_key(|sitting| sitting.moment) {
            faults.unsorted.push(id.clone());
            sittings.sort_by_key(|sitting| sitting.moment);
        }
        if let Some(limit) = options.sessions_limit {
            shorten(&mut sittings, limit as usize, &id);
            if sittings.len() > limit as usize {
                faults.over_limit.push(id.clone());
            }
        }
        let date = published.question_date.unwrap_or_default();
        Ok(Some(Self {
            asked: Moment::parse(&date),
            question: match date.trim() {
                "" => question,
                date => format!("{question} (asked on {date})"),
            },
            id,
            kind,
            answer,
            sittings,
        }))
    }
}

fn list<T>(id: &str, name: &str, given: Option<Vec<T>>) -> Result<Vec<T>, Error> {
    given.ok_or_else(|| {
        Error::Invalid(format!(
            "{id}: has no `{name}`: give the published file, with the history of each question"
        ))
    })
}

/// The time of the last session with a readable date.
#[derive(Default)]
struct Order(Option<Moment>);

impl Order {
    fn next(&mut self, time: &str, session: &str, id: &str, faults: &mut Faults) -> Option<Moment> {
        match Moment::parse(time) {
            Some(moment) => self.0 = Some(moment),
            None => faults
                .undated
                .push(format!("{time:?} of {session} of {id}")),
        }
        self.0
    }
}

/// Leaves out sessions without evidence until `limit` are left, in an order that follows from
/// the ids.
fn shorten(sittings: &mut Vec<Sitting<'_>>, limit: usize, id: &str) {
    let mut places: Vec<usize> = (0..sittings.len()).collect();
    places.sort_by_key(|&place| {
        let sitting = &sittings[place];
        (!sitting.answers, hash(&format!("{id}/{}", sitting.id)))
    });
    let answering = sittings.iter().filter(|sitting| sitting.answers).count();
    let kept: BTreeSet<usize> = places.into_iter().take(limit.max(answering)).collect();
    let mut place = 0;
    sittings.retain(|_| {
        place += 1;
        kept.contains(&(place - 1))
    });
}
