//! The page bank: operations, retrieval, state.

use memloom_records::{Memory, Record, Records, no_fields};
use memloom_sdk::bank::{Hit, OperationSchema, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State, options};

use crate::length::{cut, fits};
use crate::options::Options;

/// The page bank.
#[derive(Default)]
pub struct Page {
    options: Options,
    /// The text; none if the page is empty.
    text: Text,
}

/// At most one record.
type Text = Records<(), 'p'>;

const FORMAT: Format = Format {
    component: "page",
    version: 1,
};

impl Page {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        if let Some(text) = self.text.all().first() {
            let id = Text::id(text);
            return Err(Error::Invalid(format!(
                "the page has a text: update {id} instead"
            )));
        }
        let text = self.written(&insertion.text, "insert")?;
        no_fields("page", &insertion.fields)?;
        self.text.add(at, Insertion { text, ..insertion }, ())
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        self.text.get(&revision.id)?;
        let text = self.written(&revision.text, &format!("update of {}", revision.id))?;
        no_fields("page", &revision.fields)?;
        self.text.update(at, Revision { text, ..revision })
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        self.text.delete(&id)?;
        Ok(id)
    }

    /// Returns a text as the page keeps it.
    fn written(&self, text: &str, operation: &str) -> Result<String, Error> {
        match text.trim() {
            "" => Err(Error::Invalid(format!("{operation}: the text is empty"))),
            text => Ok(cut(text, self.options.words)),
        }
    }
}

fn entry(record: &Record<()>) -> Entry {
    record.entry(Text::id(record), Vec::new())
}

impl Bank for Page {
    fn configure(&mut self, options: &str) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        Ok(())
    }

    fn schema(&self) -> Schema {
        let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
            name: name.into(),
            description: description.into(),
            arguments: arguments.into(),
        };
        Schema {
            name: "page".into(),
            description: "One text that is overwritten".into(),
            operations: vec![
                operation(
                    "insert",
                    "Write the page, which must be empty.",
                    r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","speaker","evidence"]}"#,
                ),
                operation(
                    "update",
                    "Overwrite the page; its evidence is kept and added to.",
                    r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"]}"#,
                ),
                operation(
                    "delete",
                    "Empty the page.",
                    r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
                ),
            ],
            fields: Vec::new(),
            query_options: String::new(),
        }
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => self.insert(&at, insertion),
            Operation::Update(revision) => self.update(&at, revision),
            Operation::Delete(id) => self.delete(id),
            Operation::Custom(custom) => Err(Error::Unsupported(format!(
                "the page bank has no operation {:?}",
                custom.name
            ))),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches as [`Records::search`] does.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        if !query.options.is_empty() {
            options::none("a page bank's query", &query.options)?;
        }
        let hits = self.text.search(query, |_| true)?.into_iter();
        let hit = |(record, score)| Hit {
            entry: entry(record),
            score,
        };
        Ok(hits.map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.text.all().iter().map(entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let texts = ids.iter().map(|id| Ok(&*self.text.get(id)?.text));
        Ok(texts.collect::<Result<Vec<_>, Error>>()?.join("\n"))
    }

    fn stats(&self) -> Stats {
        self.text.stats()
    }
}

impl State for Page {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(self.text.memory())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("page: the snapshot {why}")));
        let memory: Memory<()> = FORMAT.load(bytes)?;
        let text = Text::restored("page", memory)?;
        let count = text.all().len();
        if count > 1 {
            return invalid(format!("has {count} texts: a page has one"));
        }
        let most = self.options.words;
        if text.all().iter().any(|record| !fits(&record.text, most)) {
            return invalid(format!("has more words than `words`, which is {most}"));
        }
        self.text = text;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
