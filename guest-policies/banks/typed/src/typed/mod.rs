//! The bank of three types: operations, retrieval, state.

use memloom_records::{Memory, Record, Records, no_fields, one_line};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::text::word_count;
use memloom_sdk::types::{Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State};

use crate::core_text::{self, Core};
use crate::kind::{CORE, FIELD, Kind};
use crate::options::Options;
use crate::query::{QueryOptions, Wanted};
use crate::schema::schema;

/// The bank.
#[derive(Default)]
pub struct Typed {
    options: Options,
    core: Core,
    lists: Lists,
}

type Lists = Records<Kind, 'm'>;

const FORMAT: Format = Format {
    component: "typed",
    version: 1,
};

impl Typed {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let kind = Kind::of(&insertion.fields)?;
        let text = one_line(&insertion.text, "insert")?;
        let insertion = Insertion { text, ..insertion };
        self.lists.insert(at, insertion, kind)
    }

    /// Rewrites an entry. A core without words is emptied.
    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        no_fields("typed", &revision.fields)?;
        if revision.id == CORE {
            match revision.text.trim() {
                "" => self.core = None,
                _ => core_text::write(&mut self.core, at, revision, self.options.core_words),
            }
            return Ok(CORE.into());
        }
        self.lists.get(&revision.id)?;
        let text = one_line(&revision.text, &format!("update of {}", revision.id))?;
        self.lists.update(at, Revision { text, ..revision })
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        if id == CORE {
            self.core = None;
            return Ok(id);
        }
        self.lists.delete(&id)?;
        Ok(id)
    }

    /// Returns the core as a hit if a query asks for it: by its type, or for everything.
    fn core_hit(&self, query: &Query, wanted: Option<Wanted>) -> Option<Hit> {
        let everything = query.text.trim().is_empty() && query.vector.is_none();
        let asked = match wanted {
            Some(wanted) => wanted == Wanted::Core,
            None => everything && query.speaker.is_none(),
        };
        let record = self.core.as_ref().filter(|_| asked)?;
        Some(Hit {
            entry: core_text::entry(record),
            score: 0.0,
        })
    }
}

/// Returns the entry of a record in a list.
fn entry(record: &Record<Kind>) -> Entry {
    let kind = record.data.name().to_owned();
    record.entry(Lists::id(record), vec![(FIELD.into(), kind)])
}

impl Bank for Typed {
    fn configure(&mut self, options: &str) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        Ok(())
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => self.insert(&at, insertion),
            Operation::Update(revision) => self.update(&at, revision),
            Operation::Delete(id) => self.delete(id),
            Operation::Custom(custom) => Err(Error::Unsupported(format!(
                "the typed bank has no operation {:?}",
                custom.name
            ))),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches the lists as [`Records::search`] does. The core is returned, first and with score 0,
    /// if its type is asked for, or by a query without words, vector and speaker.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let QueryOptions { wanted } = QueryOptions::parse(&query.options)?;
        let in_list = |record: &Record<Kind>| match wanted {
            None => true,
            Some(Wanted::Core) => false,
            Some(Wanted::Semantic) => record.data == Kind::Semantic,
            Some(Wanted::Episodic) => record.data == Kind::Episodic,
        };
        let found = self.lists.search(query, in_list)?.into_iter();
        let hits = found.map(|(record, score)| Hit {
            entry: entry(record),
            score,
        });
        let core = self.core_hit(query, wanted);
        Ok(core
            .into_iter()
            .chain(hits)
            .take(query.limit as usize)
            .collect())
    }

    /// Returns the core, if it is not empty, and the entries of both lists.
    fn entries(&self) -> Vec<Entry> {
        let core = self.core.iter().map(core_text::entry);
        core.chain(self.lists.all().iter().map(entry)).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let line = |id: &String| match (&self.core, &**id) {
            (Some(core), CORE) => Ok(core.line(CORE)),
            _ => Ok(self.lists.get(id)?.line(id)),
        };
        let lines: Vec<String> = ids.iter().map(line).collect::<Result<_, Error>>()?;
        Ok(lines.join("\n"))
    }

    fn stats(&self) -> Stats {
        let core = self.core.as_ref().map_or(0, |core| word_count(&core.text));
        Stats {
            entries: (self.lists.all().len() + usize::from(self.core.is_some())) as u32,
            words: self.lists.words() + core as u64,
        }
    }
}

impl State for Typed {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&(&self.core, self.lists.memory()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (core, memory): (Core, Memory<Kind>) = FORMAT.load(bytes)?;
        let lists = Records::restored("typed", memory)?;
        if core.as_ref().is_some_and(|core| core.text.is_empty()) {
            return Err(Error::Invalid(
                "typed: the snapshot has a core without words".into(),
            ));
        }
        (self.core, self.lists) = (core, lists);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
