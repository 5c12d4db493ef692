//! The flat bank: operations, retrieval, state.

use memloom_records::{Memory, Record, Records, no_fields, one_line};
use memloom_sdk::bank::{Hit, OperationSchema, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State, options};

/// The flat bank.
#[derive(Default)]
pub struct Flat {
    records: Facts,
}

type Facts = Records<(), 'm'>;

const FORMAT: Format = Format {
    component: "flat",
    version: 1,
};

impl Flat {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let text = one_line(&insertion.text, "insert")?;
        no_fields("flat", &insertion.fields)?;
        let insertion = Insertion { text, ..insertion };
        self.records.insert(at, insertion, ())
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        self.records.get(&revision.id)?;
        let text = one_line(&revision.text, &format!("update of {}", revision.id))?;
        no_fields("flat", &revision.fields)?;
        self.records.update(at, Revision { text, ..revision })
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        self.records.delete(&id)?;
        Ok(id)
    }
}

/// Returns the entry of a record.
fn entry(record: &Record<()>) -> Entry {
    let first_time = ("first-time".into(), record.first.time.clone());
    record.entry(Facts::id(record), vec![first_time])
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

    /// Searches as [`Records::search`] does.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        if !query.options.is_empty() {
            options::none("a flat bank's query", &query.options)?;
        }
        let hits = self.records.search(query, |_| true)?.into_iter();
        let hit = |(record, score)| Hit {
            entry: entry(record),
            score,
        };
        Ok(hits.map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.records.all().iter().map(entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        self.records.lines(ids)
    }

    fn stats(&self) -> Stats {
        self.records.stats()
    }
}

impl State for Flat {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(self.records.memory())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let memory: Memory<()> = FORMAT.load(bytes)?;
        self.records = Records::restored("flat", memory)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
