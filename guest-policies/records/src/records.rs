//! Records in order of insertion, with their search index.

use std::cell::OnceCell;

use memloom_sdk::bank::{Query, Stats};
use memloom_sdk::text;
use memloom_sdk::types::{Error, Insertion, Moment, Revision};
use memloom_search::{Index, best, cosine};
use serde::{Deserialize, Serialize};

use crate::known::Known;
use crate::record::{Record, When};
use crate::squeezed;

/// The records of a bank, whose ids begin with `PREFIX`.
pub struct Records<T, const PREFIX: char> {
    memory: Memory<T>,
    known: Known,
    /// The search index, built by the first search and updated by every write after it.
    index: OnceCell<Index>,
    /// The number of words in all texts.
    words: u64,
}

/// The part of records that a snapshot holds, from which the rest follows.
#[derive(Serialize, Deserialize)]
pub struct Memory<T> {
    /// The last number that was assigned.
    last_number: u64,
    /// The records in order of insertion, which is the order of their numbers.
    records: Vec<Record<T>>,
}

impl<T, const PREFIX: char> Default for Records<T, PREFIX> {
    fn default() -> Self {
        Self {
            memory: Memory {
                last_number: 0,
                records: Vec::new(),
            },
            known: Known::default(),
            index: OnceCell::new(),
            words: 0,
        }
    }
}

impl<T, const PREFIX: char> Records<T, PREFIX> {
    /// Returns the records in order of insertion.
    pub fn all(&self) -> &[Record<T>] {
        &self.memory.records
    }

    /// Returns the part that a snapshot holds.
    pub fn memory(&self) -> &Memory<T> {
        &self.memory
    }

    /// Restores records from a snapshot of the bank that is named.
    ///
    /// # Errors
    /// `invalid` if no operations leave such records.
    pub fn restored(bank: &str, memory: Memory<T>) -> Result<Self, Error> {
        let numbers = || memory.records.iter().map(|r| r.number);
        if !numbers().is_sorted_by(|a, b| a < b) || numbers().any(|n| n > memory.last_number) {
            return Err(Error::Invalid(format!(
                "{bank}: the snapshot's entries are out of order"
            )));
        }
        let mut restored = Self::default();
        for record in memory.records {
            restored.check_vector(record.vector.as_deref())?;
            restored.note(record.number, &record.text, &record.speaker);
            restored.memory.records.push(record);
        }
        restored.memory.last_number = memory.last_number;
        Ok(restored)
    }

    /// Returns the number of words in all texts.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// Returns the id of a record.
    pub fn id(record: &Record<T>) -> String {
        format!("{PREFIX}{}", record.number)
    }

    /// Returns the record with an id.
    ///
    /// # Errors
    /// `unknown`, naming the id.
    pub fn get(&self, id: &str) -> Result<&Record<T>, Error> {
        Ok(&self.memory.records[self.slot(id)?])
    }

    /// Adds a record. The fields of the insertion are not read.
    ///
    /// # Errors
    /// `invalid` if the vector does not fit.
    pub fn add(&mut self, at: &Moment, insertion: Insertion, data: T) -> Result<String, Error> {
        self.check_vector(insertion.vector.as_deref())?;
        self.memory.last_number += 1;
        let mut record = Record {
            number: self.memory.last_number,
            text: insertion.text,
            speaker: squeezed(&insertion.speaker),
            evidence: Vec::new(),
            first: When::from(at),
            last: When::from(at),
            vector: insertion.vector,
            data,
        };
        record.support(insertion.evidence);
        self.note(record.number, &record.text, &record.speaker);
        let id = Self::id(&record);
        self.memory.records.push(record);
        Ok(id)
    }

    /// Rewrites the text of a record, adds evidence and replaces the vector. The fields of the
    /// revision are not read.
    ///
    /// # Errors
    /// `unknown`, naming the id; `invalid` if the vector does not fit.
    pub fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        let slot = self.slot(&revision.id)?;
        self.check_vector(revision.vector.as_deref())?;
        let record = &mut self.memory.records[slot];
        let number = record.number;
        record.support(revision.evidence);
        record.last = When::from(at);
        record.vector = revision.vector;
        let speaker = record.speaker.clone();
        let old = std::mem::replace(&mut record.text, revision.text.clone());
        self.forget(number, &old, &speaker);
        self.note(number, &revision.text, &speaker);
        Ok(revision.id)
    }

    /// Returns a line for each of these records.
    ///
    /// # Errors
    /// `unknown`, naming the first id that there is not.
    pub fn lines(&self, ids: &[String]) -> Result<String, Error> {
        let lines = ids.iter().map(|id| Ok(self.get(id)?.line(id)));
        Ok(lines.collect::<Result<Vec<String>, Error>>()?.join("\n"))
    }

    /// Returns the number of records and of the words of their texts.
    pub fn stats(&self) -> Stats {
        Stats {
            entries: self.all().len() as u32,
            words: self.words(),
        }
    }

    /// Returns the data of the record with an id, to be changed. What a record is searched by does not
    /// depend on its data.
    ///
    /// # Errors
    /// `unknown`, naming the id.
    pub fn data_mut(&mut self, id: &str) -> Result<&mut T, Error> {
        let slot = self.slot(id)?;
        Ok(&mut self.memory.records[slot].data)
    }

    /// Removes a record and returns it.
    ///
    /// # Errors
    /// `unknown`, naming the id.
    pub fn delete(&mut self, id: &str) -> Result<Record<T>, Error> {
        let slot = self.slot(id)?;
        let record = self.memory.records.remove(slot);
        self.forget(record.number, &record.text, &record.speaker);
        Ok(record)
    }

    fn note(&mut self, number: u64, text: &str, speaker: &str) {
        self.known.add(number, text, speaker);
        if let Some(index) = self.index.get_mut() {
            index.add(number, text);
        }
        self.words += text::word_count(text) as u64;
    }

    fn forget(&mut self, number: u64, text: &str, speaker: &str) {
        self.known.remove(number, text, speaker);
        if let Some(index) = self.index.get_mut() {
            index.remove(number, text);
        }
        self.words -= text::word_count(text) as u64;
    }

    fn slot(&self, id: &str) -> Result<usize, Error> {
        Self::number_of(id)
            .and_then(|number| self.place(number))
            .ok_or_else(|| Error::Unknown(format!("no entry has the id {id:?}")))
    }

    fn place(&self, number: u64) -> Option<usize> {
        let records = &self.memory.records;
        records.binary_search_by_key(&number, |r| r.number).ok()
    }

    /// Returns the number in an id, if it is well formed.
    fn number_of(id: &str) -> Option<u64> {
        let number: u64 = id.strip_prefix(PREFIX)?.parse().ok()?;
        // "m07" and "m+7" parse too, but are no ids.
        (format!("{PREFIX}{number}") == id).then_some(number)
    }

    /// Checks that a vector is finite and as long as the stored ones.
    ///
    /// # Errors
    /// `invalid`, with both lengths.
    pub fn check_vector(&self, vector: Option<&[f32]>) -> Result<(), Error> {
        let Some(vector) = vector else {
            return Ok(());
        };
        if vector.is_empty() || vector.iter().any(|x| !x.is_finite()) {
            return Err(Error::Invalid(
                "a vector must have one finite number or more".into(),
            ));
        }
        let mut stored = self
            .all()
            .iter()
            .filter_map(|record| record.vector.as_ref());
        match stored.next() {
            Some(other) if other.len() != vector.len() => Err(Error::Invalid(format!(
                "a vector of {} numbers does not fit this bank's of {}",
                vector.len(),
                other.len()
            ))),
            _ => Ok(()),
        }
    }

    /// Searches by cosine if the query has a vector, else by BM25, among the records that are
    /// wanted. A query without words and vector returns all in order, with score 0 and without
    /// threshold. A threshold below 0 adds the records without any of the words, after those with
    /// some. The options of the query are not read.
    ///
    /// # Errors
    /// `invalid` if the vector does not fit or the threshold is not a number.
    pub fn search(
        &self,
        query: &Query,
        wanted: impl Fn(&Record<T>) -> bool,
    ) -> Result<Vec<(&Record<T>, f32)>, Error> {
        self.check_vector(query.vector.as_deref())?;
        if query.threshold.is_nan() {
            return Err(Error::Invalid(
                "a query's threshold must be a number".into(),
            ));
        }
        let everything = query.vector.is_none() && query.text.trim().is_empty();
        let speaker = query.speaker.as_deref().map(squeezed);
        let record = |number: u64| self.place(number).map(|slot| &self.all()[slot]);
        let wanted = |&(number, score): &(u64, f32)| {
            let of_speaker = |record: &Record<T>| {
                let is_same = |name: &String| text::same_but_case(name, &record.speaker);
                speaker.as_ref().is_none_or(is_same)
            };
            (everything || score > query.threshold)
                && record(number).is_some_and(|record| of_speaker(record) && wanted(record))
        };
        let scored = self.scored(query, everything || query.threshold < 0.0);
        let hits = best(scored.into_iter().filter(wanted), query.limit as usize);
        let hits = hits.into_iter();
        Ok(hits
            .filter_map(|(number, score)| Some((record(number)?, score)))
            .collect())
    }

    /// Returns candidates' numbers with scores, in order of insertion: those with any of
    /// the words, or with a vector, and with `all` the others with score 0.
    fn scored(&self, query: &Query, all: bool) -> Vec<(u64, f32)> {
        let records = self.all();
        if let Some(vector) = &query.vector {
            let with_vector = records.iter();
            return with_vector
                .filter_map(|r| Some((r.number, cosine(vector, r.vector.as_ref()?))))
                .collect();
        }
        let index = self.index.get_or_init(|| {
            let mut index = Index::default();
            for record in records {
                index.add(record.number, &record.text);
            }
            index
        });
        let scores = index.scores(&query.text);
        if !all {
            return scores;
        }
        let mut scores = scores.into_iter().peekable();
        let or_none = |number| {
            let found = scores.next_if(|&(scored, _)| scored == number);
            found.unwrap_or((number, 0.0))
        };
        records.iter().map(|r| r.number).map(or_none).collect()
    }
}

impl<T: PartialEq, const PREFIX: char> Records<T, PREFIX> {
    /// Adds a record as [`Records::add`] does. If there is one with the same text, speaker and
    /// data, it gains the evidence instead.
    ///
    /// # Errors
    /// `invalid` if the vector does not fit.
    pub fn insert(&mut self, at: &Moment, insertion: Insertion, data: T) -> Result<String, Error> {
        self.check_vector(insertion.vector.as_deref())?;
        let speaker = squeezed(&insertion.speaker);
        let Some(slot) = self.same(&insertion.text, &speaker, &data) else {
            return self.add(at, insertion, data);
        };
        let same = &mut self.memory.records[slot];
        same.support(insertion.evidence);
        same.last = When::from(at);
        same.vector = insertion.vector.or(same.vector.take());
        Ok(Self::id(same))
    }

    /// Returns the index of the first record with this text, speaker and data.
    fn same(&self, text: &str, speaker: &str, data: &T) -> Option<usize> {
        let candidates = self.known.numbers(text, speaker);
        let mut slots = candidates.filter_map(|number| self.place(number));
        slots.find(|&slot| {
            let record = &self.all()[slot];
            record.text == text && record.speaker == speaker && record.data == *data
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_were_given_are_read() {
        type Numbered = Records<(), 'm'>;
        assert_eq!(Numbered::number_of("m12"), Some(12));
        for id in ["12", "m", "m012", "m+1", "M1", "m1 ", "", "h1"] {
            assert_eq!(Numbered::number_of(id), None, "{id:?}");
        }
    }

    fn insert(records: &mut Records<u8, 'm'>, text: &str, data: u8) -> Result<String, Error> {
        let at = Moment {
            session: 1,
            time: "noon".into(),
        };
        records.insert(&at, Insertion::new(text, "Anna", vec![]), data)
    }

    #[test]
    fn records_that_no_operations_leave_are_not_restored() {
        let saved = |order: [usize; 2], last_number| {
            let mut records = Records::default();
            insert(&mut records, "Anna skis.", 0).expect("an id");
            insert(&mut records, "Anna swims.", 0).expect("an id");
            let all = records.all();
            Memory {
                last_number,
                records: order.map(|slot| all[slot].clone()).into(),
            }
        };
        let restored = |memory| Records::<u8, 'm'>::restored("flat", memory).map(|r| r.words());
        assert_eq!(restored(saved([0, 1], 2)), Ok(4));
        for memory in [saved([1, 0], 2), saved([0, 0], 2), saved([0, 1], 1)] {
            let why = "flat: the snapshot's entries are out of order";
            assert_eq!(restored(memory), Err(Error::Invalid(why.into())));
        }
    }

    #[test]
    fn the_same_text_with_other_data_is_another_record() {
        let mut records: Records<u8, 'm'> = Records::default();
        let mut insert = |data| insert(&mut records, "Anna skis.", data);
        assert_eq!(insert(1), Ok("m1".into()));
        assert_eq!(insert(2), Ok("m2".into()));
        assert_eq!(insert(1), Ok("m1".into()));
        let found = records.search(&Query::new("skis", 9), |record| record.data == 2);
        let numbers = found.map(|hits| hits.iter().map(|(r, _)| r.number).collect::<Vec<_>>());
        assert_eq!(numbers, Ok(vec![2]));
    }
}
