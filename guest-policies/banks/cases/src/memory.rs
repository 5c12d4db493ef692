//! The memory of the bank: the content of a snapshot.

use std::collections::BTreeSet;

use memloom_sdk::state::Format;
use memloom_sdk::types::{Error, Moment};
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::fields::Fields;
use crate::logistic::Logistic;
use crate::options::Options;
use crate::value::Goal;

const FORMAT: Format = Format {
    component: "cases",
    version: 2,
};

/// The format of a bank whose values are learnt.
const LEARNT: Format = Format {
    component: "cases with learnt values",
    version: 1,
};

/// The cases and the counts of writes. Options are no part of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    /// The last number that was assigned.
    last_number: u64,
    /// The number of writes.
    writes: u64,
    /// The cases in order of insertion, which is the order of their numbers.
    pub cases: Vec<Case>,
}

impl Memory {
    /// Returns the snapshot.
    pub fn save(&self) -> Vec<u8> {
        FORMAT.save(self)
    }

    /// Returns the snapshot with what the logistic value has learnt.
    pub fn save_with(&self, learnt: &Logistic) -> Vec<u8> {
        LEARNT.save(&(self, learnt))
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// `invalid` if it is damaged, or holds more cases than the capacity.
    pub fn load(bytes: &[u8], capacity: usize) -> Result<Self, Error> {
        Self::checked(FORMAT.load(bytes)?, capacity)
    }

    /// Reads a snapshot with what the logistic value has learnt.
    ///
    /// # Errors
    /// As [`Memory::load`]; `invalid` also if a weight is no number.
    pub fn load_with(bytes: &[u8], capacity: usize) -> Result<(Self, Logistic), Error> {
        let (memory, learnt): (Self, Logistic) = LEARNT.load(bytes)?;
        if !learnt.is_valid() {
            return Err(Error::Invalid(
                "cases: the snapshot has weights that are no numbers".into(),
            ));
        }
        Ok((Self::checked(memory, capacity)?, learnt))
    }

    fn checked(memory: Self, capacity: usize) -> Result<Self, Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("cases: the snapshot {why}")));
        let Self {
            last_number,
            writes,
            cases,
        } = &memory;
        if cases.len() > capacity {
            let held = cases.len();
            return invalid(format!("holds {held} cases, but `capacity` is {capacity}"));
        }
        let numbers = || cases.iter().map(|case| case.number);
        let distinct: BTreeSet<_> = cases.iter().map(Case::identity).collect();
        let vectors: Vec<&Vec<f32>> = cases.iter().flat_map(Case::vectors).collect();
        let is_even = vectors
            .windows(2)
            .all(|pair| pair[0].len() == pair[1].len());
        let fits = numbers().is_sorted_by(|a, b| a < b)
            && numbers().all(|number| number <= *last_number)
            && cases
                .iter()
                .all(|case| case.is_valid() && case.written <= *writes)
            && distinct.len() == cases.len()
            && is_even
            && vectors.into_iter().all(|v| is_vector(v));
        if !fits {
            return invalid("has cases that no operations leave".into());
        }
        Ok(memory)
    }

    /// Adds an empty case and returns its place. Where the bank is full it takes the place of the one
    /// that is worth least, if the options say so.
    ///
    /// # Errors
    /// `invalid` if the bank is full, and no case may go.
    pub fn add(
        &mut self,
        at: &Moment,
        goal: String,
        speaker: String,
        options: &Options,
    ) -> Result<usize, Error> {
        let capacity = options.capacity;
        if self.cases.len() >= capacity {
            let least = self.least(options.prior).filter(|_| options.evict);
            let Some(least) = least else {
                return Err(Error::Invalid(format!(
                    "full: the bank holds {capacity} cases: delete one first"
                )));
            };
            self.cases.remove(least);
        }
        self.last_number += 1;
        self.cases.push(Case {
            number: self.last_number,
            goal: Goal {
                text: goal,
                vector: None,
            },
            speaker,
            evidence: Vec::new(),
            first_session: at.session,
            last_session: at.session,
            time: at.time.clone(),
            written: self.writes,
            fields: Fields::default(),
            uses: 0,
            wins: 0.0,
            records: Vec::new(),
            strikes: 0,
        });
        Ok(self.cases.len() - 1)
    }

    /// Returns the place of the case that is worth least: that of the lowest reward, which is the prior
    /// where nobody knows it, of these the one of the fewest uses, and of these the one that was
    /// written first.
    fn least(&self, prior: f32) -> Option<usize> {
        let worth = |case: &Case| case.fields.reward().unwrap_or(prior);
        let cases = self.cases.iter().enumerate();
        let least = cases.min_by(|(_, one), (_, other)| {
            let by_reward = worth(one).total_cmp(&worth(other));
            by_reward.then((one.uses, one.written).cmp(&(other.uses, other.written)))
        });
        least.map(|(place, _)| place)
    }

    /// Returns the number of a new write.
    pub fn write(&mut self) -> u64 {
        self.writes = self.writes.saturating_add(1);
        self.writes
    }

    /// Returns the number of writes.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Returns the place of the case with this id.
    ///
    /// # Errors
    /// `unknown`, naming the id.
    pub fn slot(&self, id: &str) -> Result<usize, Error> {
        Case::number_of(id)
            .and_then(|number| self.place(number))
            .ok_or_else(|| Error::Unknown(format!("no entry has the id {id:?}")))
    }

    /// Returns the place of the case with this number.
    pub fn place(&self, number: u64) -> Option<usize> {
        let found = self.cases.binary_search_by_key(&number, |case| case.number);
        found.ok()
    }

    /// Checks that a vector is finite and as long as the stored ones.
    ///
    /// # Errors
    /// `invalid`, with both lengths.
    pub fn check_vector(&self, vector: Option<&[f32]>) -> Result<(), Error> {
        let Some(vector) = vector else {
            return Ok(());
        };
        if !is_vector(vector) {
            let why = "a vector must have one finite number or more";
            return Err(Error::Invalid(why.into()));
        }
        match self.cases.iter().flat_map(Case::vectors).next() {
            Some(other) if other.len() != vector.len() => Err(Error::Invalid(format!(
                "a vector of {} numbers does not fit this bank's of {}",
                vector.len(),
                other.len()
            ))),
            _ => Ok(()),
        }
    }
}

fn is_vector(vector: &[f32]) -> bool {
    !vector.is_empty() && vector.iter().all(|x| x.is_finite())
}
