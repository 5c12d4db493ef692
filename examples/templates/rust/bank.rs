//! A memory bank: entries in order of insertion, found by the words that they share
//! with a query. The WIT files describe the functions.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

wit_bindgen::generate!({
    world: "memory-bank",
    path: "wit",
    additional_derives: [Clone, serde::Serialize, serde::Deserialize],
});

use exports::memloom::agent::bank::{Guest, Hit, OperationSchema, Query, Schema, Stats};
use exports::memloom::agent::state::Guest as StateGuest;
use memloom::agent::types::{Entry, Error, Insertion, Moment, Operation, Revision};

/// The format of snapshots. Change it whenever the saved type changes.
const FORMAT: &str = "my-component 1";

/// The whole state, as a snapshot stores it.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    /// The last number of an entry.
    last: u64,
    entries: Vec<Entry>,
}

thread_local! {
    static SAVED: RefCell<Saved> = const {
        RefCell::new(Saved { format: String::new(), last: 0, entries: Vec::new() })
    };
}

fn unknown(id: &str) -> Error {
    Error::Unknown(format!("no entry has the id {id:?}"))
}

/// Refuses options, of which there are none: the only valid JSON object is an empty one.
fn no_options(whose: &str, json: &str) -> Result<(), Error> {
    let options: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json)
        .map_err(|error| Error::Invalid(format!("the options of the {whose}: {error}")))?;
    match options.keys().next() {
        Some(name) => Err(Error::Invalid(format!(
            "the {whose} has no option {name:?}"
        ))),
        None => Ok(()),
    }
}

/// Refuses fields, of which the entries have none.
fn no_fields(fields: &[(String, String)]) -> Result<(), Error> {
    match fields.first() {
        Some((name, _)) => Err(Error::Invalid(format!("entries have no field {name:?}"))),
        None => Ok(()),
    }
}

/// Returns the words of a text: runs of letters, digits and `_`, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Returns a text as one line. An empty one is an error.
fn one_line(text: &str) -> Result<String, Error> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Err(Error::Invalid("the text is empty".into()));
    }
    Ok(line)
}

impl Saved {
    fn place(&self, id: &str) -> Result<usize, Error> {
        let place = self.entries.iter().position(|entry| entry.id == id);
        place.ok_or_else(|| unknown(id))
    }

    fn apply(&mut self, at: &Moment, operation: Operation) -> Result<String, Error> {
        match operation {
            Operation::Insert(insertion) => self.insert(at, insertion),
            Operation::Update(revision) => self.update(at, revision),
            Operation::Delete(id) => {
                let place = self.place(&id)?;
                self.entries.remove(place);
                Ok(id)
            }
            Operation::Custom(custom) => Err(Error::Unsupported(format!(
                "there is no operation {:?}",
                custom.name
            ))),
        }
    }

    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let text = one_line(&insertion.text)?;
        no_fields(&insertion.fields)?;
        self.last += 1;
        let id = format!("m{}", self.last);
        self.entries.push(Entry {
            id: id.clone(),
            text,
            speaker: insertion.speaker,
            time: at.time.clone(),
            first_session: at.session,
            last_session: at.session,
            evidence: insertion.evidence,
            fields: Vec::new(),
        });
        Ok(id)
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        let place = self.place(&revision.id)?;
        let text = one_line(&revision.text)?;
        no_fields(&revision.fields)?;
        let entry = &mut self.entries[place];
        entry.text = text;
        entry.time = at.time.clone();
        entry.last_session = at.session;
        for turn in revision.evidence {
            if !entry.evidence.contains(&turn) {
                entry.evidence.push(turn);
            }
        }
        Ok(revision.id)
    }

    /// Returns the best entries. An entry's score is the share of the query's words in it.
    fn retrieve(&self, query: &Query) -> Vec<Hit> {
        let wanted: BTreeSet<String> = words(&query.text).collect();
        let mut hits: Vec<Hit> = Vec::new();
        for entry in &self.entries {
            if query
                .speaker
                .as_ref()
                .is_some_and(|speaker| *speaker != entry.speaker)
            {
                continue;
            }
            let held: BTreeSet<String> = words(&entry.text).collect();
            let score = wanted.intersection(&held).count() as f32 / wanted.len().max(1) as f32;
            if score > query.threshold {
                hits.push(Hit {
                    entry: entry.clone(),
                    score,
                });
            }
        }
        // The sort is stable: ties stay in order of insertion.
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(query.limit as usize);
        hits
    }
}

struct Component;

impl Guest for Component {
    fn configure(options: String) -> Result<(), Error> {
        no_options("bank", &options)
    }

    fn get_schema() -> Schema {
        let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
            name: name.into(),
            description: description.into(),
            arguments: arguments.into(),
        };
        Schema {
            name: "my-component".into(),
            description: "A list of facts".into(),
            operations: vec![
                operation(
                    "insert",
                    "Note a fact.",
                    r#"{"type":"object","properties":{"text":{"type":"string"}}}"#,
                ),
                operation(
                    "update",
                    "Rewrite a fact.",
                    r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"}}}"#,
                ),
                operation(
                    "delete",
                    "Forget a fact.",
                    r#"{"type":"object","properties":{"id":{"type":"string"}}}"#,
                ),
            ],
            fields: Vec::new(),
            query_options: String::new(),
        }
    }

    fn apply(at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        SAVED.with_borrow_mut(|saved| {
            let results = operations
                .into_iter()
                .map(|operation| saved.apply(&at, operation));
            results.collect()
        })
    }

    fn retrieve(query: Query) -> Result<Vec<Hit>, Error> {
        if !query.options.is_empty() {
            no_options("query", &query.options)?;
        }
        Ok(SAVED.with_borrow(|saved| saved.retrieve(&query)))
    }

    fn entries() -> Vec<Entry> {
        SAVED.with_borrow(|saved| saved.entries.clone())
    }

    fn render(ids: Vec<String>) -> Result<String, Error> {
        SAVED.with_borrow(|saved| {
            let line = |id: &String| {
                let entry = &saved.entries[saved.place(id)?];
                Ok(format!(
                    "[{id}] {} ({}): {}\n",
                    entry.speaker, entry.time, entry.text
                ))
            };
            ids.iter().map(line).collect()
        })
    }

    fn end_session(_at: Moment) {}

    fn get_stats() -> Stats {
        SAVED.with_borrow(|saved| Stats {
            entries: saved.entries.len() as u32,
            words: saved
                .entries
                .iter()
                .map(|entry| words(&entry.text).count() as u64)
                .sum(),
        })
    }
}

impl StateGuest for Component {
    fn snapshot() -> Vec<u8> {
        SAVED.with_borrow_mut(|saved| {
            saved.format = FORMAT.into();
            serde_json::to_vec(saved).expect("all of it is JSON")
        })
    }

    fn restore(bytes: Vec<u8>) -> Result<(), Error> {
        let read: Saved = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Invalid(format!("these bytes are not a snapshot: {error}")))?;
        if read.format != FORMAT {
            return Err(Error::Invalid(format!(
                "this is a snapshot of {:?}",
                read.format
            )));
        }
        SAVED.set(read);
        Ok(())
    }
}

export!(Component);
