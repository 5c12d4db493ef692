//! The flat bank: operations, retrieval, state.

use std::cell::OnceCell;

use memloom_sdk::bank::{Hit, OperationSchema, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State, options, text};
use memloom_search::{Index, best, cosine};
use serde::{Deserialize, Serialize};

use crate::known::Known;
use crate::stored::{Stored, When};

/// The flat bank.
#[derive(Default)]
pub struct Flat {
    memory: Memory,
    known: Known,
    /// The search index, built by the first search and updated by every write after it.
    index: OnceCell<Index>,
    /// The number of words in all texts.
    words: u64,
}

/// The content of a snapshot, from which the rest of the bank follows.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    /// The last number that was assigned.
    last_number: u64,
    /// The entries in order of insertion, which is the order of their numbers.
    entries: Vec<Stored>,
}

const FORMAT: Format = Format {
    component: "flat",
    version: 1,
};

impl Flat {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let text = one_line(&insertion.text, "insert")?;
        check_fields(&insertion.fields)?;
        self.check_vector(insertion.vector.as_deref())?;
        let speaker = squeezed(&insertion.speaker);
        if let Some(slot) = self.same(&text, &speaker) {
            let same = &mut self.memory.entries[slot];
            same.support(insertion.evidence);
            same.last = When::from(at);
            same.vector = insertion.vector.or(same.vector.take());
            return Ok(same.id());
        }
        self.memory.last_number += 1;
        let mut entry = Stored {
            number: self.memory.last_number,
            text,
            speaker,
            evidence: Vec::new(),
            first: When::from(at),
            last: When::from(at),
            vector: insertion.vector,
        };
        entry.support(insertion.evidence);
        self.note(entry.number, &entry.text, &entry.speaker);
        let id = entry.id();
        self.memory.entries.push(entry);
        Ok(id)
    }

    /// Returns the index of the first entry with this text and speaker.
    fn same(&self, text: &str, speaker: &str) -> Option<usize> {
        let entries = &self.memory.entries;
        let candidates = self.known.numbers(text, speaker);
        let mut slots = candidates
            .filter_map(|number| entries.binary_search_by_key(&number, |e| e.number).ok());
        slots.find(|&slot| entries[slot].text == text && entries[slot].speaker == speaker)
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        let slot = self.slot(&revision.id)?;
        let text = one_line(&revision.text, &format!("update of {}", revision.id))?;
        check_fields(&revision.fields)?;
        self.check_vector(revision.vector.as_deref())?;
        let entry = &mut self.memory.entries[slot];
        let number = entry.number;
        entry.support(revision.evidence);
        entry.last = When::from(at);
        entry.vector = revision.vector;
        let speaker = entry.speaker.clone();
        let old = std::mem::replace(&mut entry.text, text.clone());
        self.forget(number, &old, &speaker);
        self.note(number, &text, &speaker);
        Ok(revision.id)
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        let slot = self.slot(&id)?;
        let entry = self.memory.entries.remove(slot);
        self.forget(entry.number, &entry.text, &entry.speaker);
        Ok(id)
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
        let entries = &self.memory.entries;
        Stored::number_of(id)
            .and_then(|number| entries.binary_search_by_key(&number, |e| e.number).ok())
            .ok_or_else(|| Error::Unknown(format!("no entry has the id {id:?}")))
    }

    /// Checks that a vector is finite and as long as the stored ones.
    fn check_vector(&self, vector: Option<&[f32]>) -> Result<(), Error> {
        let Some(vector) = vector else {
            return Ok(());
        };
        if vector.is_empty() || vector.iter().any(|x| !x.is_finite()) {
            return Err(Error::Invalid(
                "a vector must have one finite number or more".into(),
            ));
        }
        let mut stored = self.memory.entries.iter().filter_map(|e| e.vector.as_ref());
        match stored.next() {
            Some(other) if other.len() != vector.len() => Err(Error::Invalid(format!(
                "a vector of {} numbers does not fit this bank's of {}",
                vector.len(),
                other.len()
            ))),
            _ => Ok(()),
        }
    }

    /// Returns candidates' numbers with scores, in order of insertion: those with any of
    /// the words, or with a vector, and with `all` the others with score 0.
    fn scored(&self, query: &Query, all: bool) -> Vec<(u64, f32)> {
        let entries = &self.memory.entries;
        if let Some(vector) = &query.vector {
            let with_vector = entries.iter();
            return with_vector
                .filter_map(|e| Some((e.number, cosine(vector, e.vector.as_ref()?))))
                .collect();
        }
        let index = self.index.get_or_init(|| {
            let mut index = Index::default();
            for entry in entries {
                index.add(entry.number, &entry.text);
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
        entries.iter().map(|e| e.number).map(or_none).collect()
    }
}

impl Bank for Flat {
    fn schema(&self) -> Schema {
        let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
            name: name.into(),
            description: description.into(),
            arguments: arguments.into(),
        };
        Schema {
            name: "flat".into(),
            description: "An ordered list of one-line facts".into(),
            operations: vec![
                operation(
                    "insert",
                    "Note a new fact; one that is there already only gains evidence.",
                    r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","speaker","evidence"]}"#,
                ),
                operation(
                    "update",
                    "Rewrite an entry's fact; its evidence is kept and added to.",
                    r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"]}"#,
                ),
                operation(
                    "delete",
                    "Forget an entry and its evidence.",
                    r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
                ),
            ],
            fields: vec!["first-time".into()],
            query_options: String::new(),
        }
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => self.insert(&at, insertion),
            Operation::Update(revision) => self.update(&at, revision),
            Operation::Delete(id) => self.delete(id),
            Operation::Custom(custom) => Err(Error::Unsupported(format!(
                "the flat bank has no operation {:?}",
                custom.name
            ))),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches by cosine if the query has a vector, else by BM25. A query without words
    /// and vector returns all entries in order, with score 0 and without threshold. A
    /// threshold below 0 adds the entries without any of the words, after those with
    /// some.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.check_vector(query.vector.as_deref())?;
        if !query.options.is_empty() {
            options::none("a flat bank's query", &query.options)?;
        }
        if query.threshold.is_nan() {
            return Err(Error::Invalid(
                "a query's threshold must be a number".into(),
            ));
        }
        let everything = query.vector.is_none() && query.text.trim().is_empty();
        let wanted = query.speaker.as_deref().map(squeezed);
        let entry = |number: u64| {
            let slot = self
                .memory
                .entries
                .binary_search_by_key(&number, |e| e.number);
            slot.ok().map(|slot| &self.memory.entries[slot])
        };
        let wanted = |&(number, score): &(u64, f32)| {
            (everything || score > query.threshold)
                && wanted.as_ref().is_none_or(|wanted| {
                    entry(number).is_some_and(|e| text::same_but_case(wanted, &e.speaker))
                })
        };
        let hits = self.scored(query, everything || query.threshold < 0.0);
        let hits = best(hits.into_iter().filter(wanted), query.limit as usize);
        let hit = |(number, score): (u64, f32)| {
            let entry = entry(number)?.entry();
            Some(Hit { entry, score })
        };
        Ok(hits.into_iter().filter_map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.memory.entries.iter().map(Stored::entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let lines: Vec<String> = ids
            .iter()
            .map(|id| Ok(self.memory.entries[self.slot(id)?].line()))
            .collect::<Result<_, Error>>()?;
        Ok(lines.join("\n"))
    }

    fn stats(&self) -> Stats {
        Stats {
            entries: self.memory.entries.len() as u32,
            words: self.words,
        }
    }
}

impl State for Flat {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.memory)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let memory: Memory = FORMAT.load(bytes)?;
        let numbers = || memory.entries.iter().map(|e| e.number);
        if !numbers().is_sorted_by(|a, b| a < b) || numbers().any(|n| n > memory.last_number) {
            return Err(Error::Invalid(
                "flat: the snapshot's entries are out of order".into(),
            ));
        }
        let mut restored = Self::default();
        for entry in memory.entries {
            restored.check_vector(entry.vector.as_deref())?;
            restored.note(entry.number, &entry.text, &entry.speaker);
            restored.memory.entries.push(entry);
        }
        restored.memory.last_number = memory.last_number;
        *self = restored;
        Ok(())
    }
}

/// Refuses fields: the bank sets its only one itself.
fn check_fields(fields: &[(String, String)]) -> Result<(), Error> {
    match fields.first() {
        None => Ok(()),
        Some((name, _)) => Err(Error::Invalid(format!(
            "the flat bank keeps no field {name:?} that a policy sets"
        ))),
    }
}

fn squeezed(text: &str) -> String {
    text::first_words(text, usize::MAX)
}

/// Returns a text as one line, so that rendered entries are one line each.
fn one_line(text: &str, what: &str) -> Result<String, Error> {
    let line = squeezed(text);
    if line.is_empty() {
        Err(Error::Invalid(format!("{what}: the text is empty")))
    } else {
        Ok(line)
    }
}

#[cfg(test)]
mod tests;
