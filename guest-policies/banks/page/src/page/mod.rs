//! The page bank: operations, retrieval, state.

use memloom_sdk::bank::{Hit, OperationSchema, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::text::{first_words, same_but_case, word_count};
use memloom_sdk::types::{Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State, options};
use memloom_search::{Index, cosine};
use serde::{Deserialize, Serialize};

use crate::length::{cut, fits};
use crate::options::Options;
use crate::text::{Text, check_vector};

/// The page bank.
#[derive(Default)]
pub struct Page {
    options: Options,
    memory: Memory,
}

/// The content of a snapshot.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    /// The last number that was assigned.
    last_number: u64,
    /// The text; none if the page is empty.
    text: Option<Text>,
}

const FORMAT: Format = Format {
    component: "page",
    version: 1,
};

impl Page {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        if let Some(text) = &self.memory.text {
            let id = text.id();
            return Err(Error::Invalid(format!(
                "the page has a text: update {id} instead"
            )));
        }
        let words = self.written(&insertion.text, "insert")?;
        check_fields(&insertion.fields)?;
        check_vector(insertion.vector.as_deref())?;
        self.memory.last_number += 1;
        let mut text = Text {
            number: self.memory.last_number,
            words: String::new(),
            speaker: first_words(&insertion.speaker, usize::MAX),
            evidence: Vec::new(),
            first_session: at.session,
            last_session: at.session,
            time: String::new(),
            vector: insertion.vector,
        };
        text.write(at, words, insertion.evidence);
        Ok(self.memory.text.insert(text).id())
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        self.text(&revision.id)?;
        let words = self.written(&revision.text, &format!("update of {}", revision.id))?;
        check_fields(&revision.fields)?;
        check_vector(revision.vector.as_deref())?;
        if let Some(text) = &mut self.memory.text {
            text.write(at, words, revision.evidence);
            text.vector = revision.vector;
        }
        Ok(revision.id)
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        self.text(&id)?;
        self.memory.text = None;
        Ok(id)
    }

    /// Returns the text with this id.
    fn text(&self, id: &str) -> Result<&Text, Error> {
        let text = self.memory.text.as_ref().filter(|text| text.id() == id);
        text.ok_or_else(|| Error::Unknown(format!("no entry has the id {id:?}")))
    }

    /// Returns a text as the page keeps it.
    fn written(&self, text: &str, what: &str) -> Result<String, Error> {
        match text.trim() {
            "" => Err(Error::Invalid(format!("{what}: the text is empty"))),
            text => Ok(cut(text, self.options.words)),
        }
    }
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

    /// Scores the page by cosine if the query has a vector, else by BM25. A query without words
    /// and vector finds it with score 0 and without threshold.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        check_vector(query.vector.as_deref())?;
        if !query.options.is_empty() {
            options::none("a page bank's query", &query.options)?;
        }
        if query.threshold.is_nan() {
            return Err(Error::Invalid(
                "a query's threshold must be a number".into(),
            ));
        }
        let Some(text) = self.memory.text.as_ref().filter(|_| query.limit > 0) else {
            return Ok(Vec::new());
        };
        let is_about =
            |speaker: &String| same_but_case(&first_words(speaker, usize::MAX), &text.speaker);
        if !query.speaker.as_ref().is_none_or(is_about) {
            return Ok(Vec::new());
        }
        let score = score(text, query)?;
        let everything = query.vector.is_none() && query.text.trim().is_empty();
        let found = score.filter(|score| everything || *score > query.threshold);
        let hit = |score| Hit {
            entry: text.entry(),
            score,
        };
        Ok(found.map(hit).into_iter().collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.memory.text.iter().map(Text::entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let texts = ids.iter().map(|id| Ok(&*self.text(id)?.words));
        Ok(texts.collect::<Result<Vec<_>, Error>>()?.join("\n"))
    }

    fn stats(&self) -> Stats {
        let words = |text: &Text| word_count(&text.words) as u64;
        Stats {
            entries: u32::from(self.memory.text.is_some()),
            words: self.memory.text.as_ref().map_or(0, words),
        }
    }
}

impl State for Page {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.memory)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let memory: Memory = FORMAT.load(bytes)?;
        if let Some(text) = &memory.text {
            let invalid = |why: &str| Err(Error::Invalid(format!("page: the snapshot {why}")));
            check_vector(text.vector.as_deref())?;
            let is_latest = text.number > 0 && text.number == memory.last_number;
            if !is_latest || text.words.trim().is_empty() {
                return invalid("has a text that no operations leave");
            }
            let most = self.options.words;
            if !fits(&text.words, most) {
                return invalid(&format!("has more words than `words`, which is {most}"));
            }
        }
        self.memory = memory;
        Ok(())
    }
}

/// Returns the score of the text for a query; none if it has no vector to compare.
fn score(text: &Text, query: &Query) -> Result<Option<f32>, Error> {
    let Some(wanted) = &query.vector else {
        let mut index = Index::default();
        index.add(text.number, &text.words);
        let scores = index.scores(&query.text);
        return Ok(Some(scores.first().map_or(0.0, |&(_, score)| score)));
    };
    match &text.vector {
        Some(own) if own.len() != wanted.len() => Err(Error::Invalid(format!(
            "a vector of {} numbers does not fit this page's of {}",
            wanted.len(),
            own.len()
        ))),
        own => Ok(own.as_ref().map(|own| cosine(wanted, own))),
    }
}

/// Refuses fields: the bank has none.
fn check_fields(fields: &[(String, String)]) -> Result<(), Error> {
    match fields.first() {
        None => Ok(()),
        Some((name, _)) => Err(Error::Invalid(format!(
            "the page bank keeps no field {name:?}"
        ))),
    }
}

#[cfg(test)]
mod tests;
