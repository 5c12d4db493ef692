//! The stored form of a case.

use memloom_sdk::types::{Entry, Moment};
use serde::{Deserialize, Serialize};

use crate::fields::{Fields, NAMES};
use crate::value::{Goal, Record};

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The number in the id.
    pub number: u64,
    /// The goal as one line, with its embedding.
    pub goal: Goal,
    /// The person that it is about.
    pub speaker: String,
    /// The turns that support it, each once, in order of arrival.
    pub evidence: Vec<String>,
    /// The session that inserted it.
    pub first_session: u32,
    /// The session that wrote it last.
    pub last_session: u32,
    /// The time of that session.
    pub time: String,
    /// The number of its last write among all writes of the bank.
    pub written: u64,
    /// The fields that a policy sets.
    pub fields: Fields,
    /// The number of uses whose reward is known, less the number of times it was pruned.
    pub uses: u32,
    /// The sum of their rewards.
    pub wins: f32,
    /// The latest uses in order.
    pub records: Vec<Record>,
    /// The number of times that it was pruned since its last use.
    pub strikes: u32,
}

impl Case {
    /// Returns the id.
    pub fn id(&self) -> String {
        format!("c{}", self.number)
    }

    /// Returns the number in an id, if it is well formed.
    pub fn number_of(id: &str) -> Option<u64> {
        let number: u64 = id.strip_prefix('c')?.parse().ok()?;
        // "c07" and "c+7" parse too, but are no ids.
        (format!("c{number}") == id).then_some(number)
    }

    /// Returns goal, plan and speaker, which no other case has.
    pub fn identity(&self) -> (&str, &str, &str) {
        (&self.goal.text, &self.fields.plan, &self.speaker)
    }

    /// Returns whether it is one that operations can leave.
    pub fn is_valid(&self) -> bool {
        let in_range = |reward: f32| (0.0..=1.0).contains(&reward);
        !self.goal.text.is_empty()
            && !self.fields.plan.is_empty()
            && self.fields.score.is_none_or(in_range)
            && self.wins.is_finite()
            && self.records.iter().all(|record| in_range(record.reward))
    }

    /// Adds turns that it does not have yet.
    pub fn support(&mut self, turns: Vec<String>) {
        for turn in turns {
            if !self.evidence.contains(&turn) {
                self.evidence.push(turn);
            }
        }
    }

    /// Returns the embeddings of its goal and of its records' goals.
    pub fn vectors(&self) -> impl Iterator<Item = &Vec<f32>> {
        let others = self
            .records
            .iter()
            .filter_map(|record| record.goal.as_ref());
        let goals = std::iter::once(&self.goal).chain(others);
        goals.filter_map(|goal| goal.vector.as_ref())
    }

    /// Counts a use, and keeps the latest records.
    pub fn used(&mut self, record: Record, records: usize) {
        self.strikes = 0;
        self.uses = self.uses.saturating_add(1);
        self.wins += record.reward;
        self.records.push(record);
        let old = self.records.len().saturating_sub(records);
        self.records.drain(..old);
    }

    /// Takes a use away, since the case was shown for nothing. Its wins are no more than its uses.
    pub fn prune(&mut self) {
        self.strikes = self.strikes.saturating_add(1);
        self.uses = self.uses.saturating_sub(1);
        self.wins = self.wins.min(self.uses as f32);
    }

    /// Notes a write.
    pub fn write(&mut self, at: &Moment, number: u64) {
        self.last_session = at.session;
        self.time.clone_from(&at.time);
        self.written = number;
    }

    /// Returns the entry in the contract's form.
    pub fn entry(&self) -> Entry {
        let counted = [self.uses.to_string(), self.wins.to_string()];
        let values = self.fields.values().into_iter().chain(counted);
        Entry {
            id: self.id(),
            text: self.goal.text.clone(),
            speaker: self.speaker.clone(),
            time: self.time.clone(),
            first_session: self.first_session,
            last_session: self.last_session,
            evidence: self.evidence.clone(),
            fields: NAMES.map(String::from).into_iter().zip(values).collect(),
        }
    }

    /// Renders the case for a model: the goal and the fields that are set.
    pub fn line(&self) -> String {
        let Entry {
            id,
            text,
            speaker,
            time,
            fields,
            ..
        } = self.entry();
        let said = match &*speaker {
            "" => text,
            speaker => format!("{speaker}: {text}"),
        };
        let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let set = set.map(|(name, value)| format!(" | {name}: {value}"));
        format!("[{id}] ({time}) {said}{}", set.collect::<String>())
    }
}
