//! The bank of notes: operations, retrieval, state.

use memloom_records::{Memory, Record, Records, one_line, squeezed};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::text::{same_but_case, word_count};
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State};

use crate::evolution::Evolution;
use crate::note::{Note, listed};
use crate::options::Options;
use crate::query::QueryOptions;
use crate::schema::schema;

/// The bank. The text of a record is what its note is searched by.
#[derive(Default)]
pub struct Notes {
    options: Options,
    records: Numbered,
}

type Numbered = Records<Note, 'n'>;

/// A note that is written anew: its id, its content and its embedding.
type Rewrite = (String, Note, Option<Vec<f32>>);

const FORMAT: Format = Format {
    component: "notes",
    version: 1,
};

impl Notes {
    /// Adds a note, also if there is an equal one: a turn can be said twice.
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let mut note = Note {
            content: one_line(&insertion.text, "insert")?,
            ..Note::default()
        };
        note.set(&insertion.fields)?;
        let text = note.searched();
        self.records.add(at, Insertion { text, ..insertion }, note)
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        let mut note = self.records.get(&revision.id)?.data.clone();
        note.content = one_line(&revision.text, &format!("update of {}", revision.id))?;
        note.set(&revision.fields)?;
        let text = note.searched();
        let id = self.records.update(at, Revision { text, ..revision })?;
        *self.records.data_mut(&id)? = note;
        Ok(id)
    }

    /// Removes a note, and the links to it.
    fn delete(&mut self, id: String) -> Result<String, Error> {
        let number = self.records.delete(&id)?.number;
        let all = self.records.all().iter();
        let linked = all.filter(|record| record.data.links.contains(&number));
        let linked: Vec<String> = linked.map(Numbered::id).collect();
        for other in &linked {
            let links = &mut self.records.data_mut(other)?.links;
            links.retain(|link| *link != number);
        }
        Ok(id)
    }

    fn custom(&mut self, custom: CustomOperation) -> Result<String, Error> {
        match &*custom.name {
            "evolve" => self.evolve(Evolution::parse(&custom.arguments)?, custom.vector),
            name => Err(Error::Unsupported(format!(
                "the bank of notes has no operation {name:?}"
            ))),
        }
    }

    /// Links a note, replaces its tags and rewrites its neighbours. After an error nothing has changed.
    fn evolve(&mut self, evolution: Evolution, vector: Option<Vec<f32>>) -> Result<String, Error> {
        let id = evolution.id;
        let mut note = self.records.get(&id)?.data.clone();
        for link in &evolution.links {
            let number = self.records.get(link)?.number;
            if !note.links.contains(&number) {
                note.links.push(number);
            }
        }
        let mut rewritten: Vec<Rewrite> = Vec::new();
        if let Some(tags) = &evolution.tags {
            note.tags = listed(tags);
        }
        if evolution.tags.is_some() || vector.is_some() {
            rewritten.push((id.clone(), note.clone(), vector));
        }
        for neighbour in evolution.neighbours {
            let mut note = self.records.get(&neighbour.id)?.data.clone();
            note.context = squeezed(&neighbour.context);
            note.tags = listed(&neighbour.tags);
            rewritten.push((neighbour.id, note, neighbour.vector));
        }
        self.check_vectors(&id, &rewritten)?;
        self.records.data_mut(&id)?.links = note.links;
        for (id, note, vector) in rewritten {
            self.rewrite(id, note, vector)?;
        }
        Ok(id)
    }

    /// Checks that all notes that are written anew have vectors that fit, or that there are none.
    fn check_vectors(&self, id: &str, rewritten: &[Rewrite]) -> Result<(), Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("evolve of {id}: {why}")));
        let given = || rewritten.iter().filter_map(|(.., vector)| vector.as_ref());
        for vector in given() {
            self.records.check_vector(Some(vector))?;
        }
        let lengths: Vec<usize> = given().map(Vec::len).collect();
        if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            return invalid(format!(
                "vectors of {lengths:?} numbers do not fit together"
            ));
        }
        let all = self.records.all();
        let holds = !lengths.is_empty() || all.iter().any(|record| record.vector.is_some());
        match rewritten.iter().find(|(.., vector)| vector.is_none()) {
            Some((without, ..)) if holds => invalid(format!(
                "the bank holds vectors, and that of {without} would be out of date: give its vector"
            )),
            _ => Ok(()),
        }
    }

    /// Writes a note anew. Its time stays that of its content.
    fn rewrite(&mut self, id: String, note: Note, vector: Option<Vec<f32>>) -> Result<(), Error> {
        let last = &self.records.get(&id)?.last;
        let at = Moment {
            session: last.session,
            time: last.time.clone(),
        };
        let text = note.searched();
        let revision = Revision {
            vector,
            ..Revision::new(&*id, text, vec![])
        };
        self.records.update(&at, revision)?;
        *self.records.data_mut(&id)? = note;
        Ok(())
    }

    /// Returns hits, each followed by at most so many of the notes that it links to, with its score. No
    /// note is returned twice, and a hit stands in its own place only.
    fn followed<'a>(
        &'a self,
        hits: &[(&'a Record<Note>, f32)],
        speaker: Option<&str>,
        most: usize,
    ) -> Vec<(&'a Record<Note>, f32)> {
        let mut shown: Vec<(&Record<Note>, f32)> = Vec::new();
        let is_in = |list: &[(&Record<Note>, f32)], record: &Record<Note>| {
            list.iter().any(|(other, _)| other.number == record.number)
        };
        for &(hit, score) in hits {
            shown.push((hit, score));
            let links = hit.data.links.iter().map(|number| format!("n{number}"));
            let linked = links.filter_map(|id| self.records.get(&id).ok());
            let linked = linked.filter(|record| {
                let asked = |name: &str| same_but_case(&squeezed(name), &record.speaker);
                speaker.is_none_or(asked) && !is_in(hits, record) && !is_in(&shown, record)
            });
            let linked: Vec<_> = linked.take(most).map(|record| (record, score)).collect();
            shown.extend(linked);
        }
        shown
    }
}

/// Returns the entry of a note.
fn entry(record: &Record<Note>) -> Entry {
    let fields = record.data.fields(|number| format!("n{number}"));
    Entry {
        text: record.data.content.clone(),
        ..record.entry(Numbered::id(record), fields)
    }
}

/// Renders a note for a model, with the fields that are not empty. The speaker is left out where the
/// content begins with the name.
fn line(record: &Record<Note>) -> String {
    let entry = entry(record);
    let mut line = format!("[{}] ({}) ", entry.id, entry.time);
    if !entry.text.starts_with(&entry.speaker) {
        line += &format!("{}: ", entry.speaker);
    }
    line += &entry.text;
    for (name, value) in entry.fields.iter().filter(|(_, value)| !value.is_empty()) {
        line += &format!(" | {name}: {value}");
    }
    line
}

impl Bank for Notes {
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
            Operation::Custom(custom) => self.custom(custom),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches as [`Records::search`] does. With `nearest` in its options, so many hits are each
    /// followed by the notes that they link to.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let QueryOptions { nearest } = QueryOptions::parse(&query.options)?;
        let limit = query.limit as usize;
        let hits = match nearest {
            None => self.records.search(query, |_| true)?,
            Some(nearest) => {
                let query = Query {
                    limit: nearest.min(limit) as u32,
                    ..query.clone()
                };
                let hits = self.records.search(&query, |_| true)?;
                let most = self.options.links.unwrap_or(nearest);
                self.followed(&hits, query.speaker.as_deref(), most)
            }
        };
        let hits = hits.into_iter().take(limit).map(|(record, score)| Hit {
            entry: entry(record),
            score,
        });
        Ok(hits.collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.records.all().iter().map(entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let lines = ids.iter().map(|id| Ok(line(self.records.get(id)?)));
        let lines: Vec<String> = lines.collect::<Result<_, Error>>()?;
        Ok(lines.join("\n"))
    }

    /// Counts the words of contents only.
    fn stats(&self) -> Stats {
        let all = self.records.all();
        let words = all
            .iter()
            .map(|record| word_count(&record.data.content) as u64);
        Stats {
            entries: all.len() as u32,
            words: words.sum(),
        }
    }
}

impl State for Notes {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(self.records.memory())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let memory: Memory<Note> = FORMAT.load(bytes)?;
        let records: Numbered = Records::restored("notes", memory)?;
        let is_left = |record: &Record<Note>| {
            let Note { links, .. } = &record.data;
            let mut places = (0..).zip(links);
            record.data.is_valid()
                && record.text == record.data.searched()
                && places.all(|(place, link)| {
                    *link != record.number
                        && !links[..place].contains(link)
                        && records.get(&format!("n{link}")).is_ok()
                })
        };
        if !records.all().iter().all(is_left) {
            return Err(Error::Invalid(
                "notes: the snapshot has notes that no operations leave".into(),
            ));
        }
        self.records = records;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
