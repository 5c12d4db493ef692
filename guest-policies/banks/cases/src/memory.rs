//! The memory of the bank: the content of a snapshot.

use std::collections::BTreeSet;

use memloom_sdk::state::Format;
use memloom_sdk::types::{Error, Moment};
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::fields::Fields;
use crate::value::Goal;

const FORMAT: Format = Format {
    component: "cases",
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

    /// Reads a snapshot.
    ///
    /// # Errors
    /// `invalid` if it is damaged, or holds more cases than the capacity.
    pub fn load(bytes: &[u8], capacity: usize) -> Result<Self, Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("cases: the snapshot {why}")));
        let memory: Self = FORMAT.load(bytes)?;
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

    /// Adds an empty case and returns its place.
    ///
    /// # Errors
    /// `invalid` if the bank is full.
    pub fn add(
        &mut self,
        at: &Moment,
        goal: String,
        speaker: String,
        capacity: usize,
    ) -> Result<usize, Error> {
        if self.cases.len() >= capacity {
            return Err(Error::Invalid(format!(
                "full: the bank holds {capacity} cases: delete one first"
            )));
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
        });
        Ok(self.cases.len() - 1)
    }

    /// Returns the number of a new write.
    pub fn write(&mut self) -> u64 {
        self.writes = self.writes.saturating_add(1);
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
