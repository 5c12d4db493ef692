//! The bank: operations, retrieval, state.

use std::cell::OnceCell;

use memloom_records::{Memory, Record, Records, no_fields, one_line, squeezed};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State};
use memloom_search::Index;

use crate::cache::Cache;
use crate::chunks;
use crate::operations::{Evict, Touch, Visit, arguments, named};
use crate::options::{Mode, Options};
use crate::query::QueryOptions;
use crate::rule::Visits;
use crate::schema::schema;
use crate::spot::{NAMES, Spot, Spots, held};
use crate::validity;

mod search;

/// The bank.
#[derive(Default)]
pub struct Places {
    options: Options,
    visits: Visits,
    cache: Cache,
    records: Spots,
    /// The words of chunks, indexed by the first search after a write.
    chunks: OnceCell<Index>,
}

const FORMAT: Format = Format {
    component: "places",
    version: 1,
};

impl Places {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let spot = Spot::of(&insertion.fields)?;
        let text = one_line(&insertion.text, "insert")?;
        let speaker = squeezed(&insertion.speaker);
        let insertion = Insertion {
            text,
            speaker,
            ..insertion
        };
        self.records.check_vector(insertion.vector.as_deref())?;
        match self.options.mode {
            Mode::Cache if spot.may_go() => self.cached(at, insertion, spot),
            Mode::Cache => self.records.insert(at, insertion, spot),
            Mode::Places => {
                named("insert", &spot.place)?;
                let same = |record: &Record<Spot>| {
                    let one = (&record.text, &record.speaker, &record.data);
                    one == (&insertion.text, &insertion.speaker, &spot)
                };
                if spot.may_go() && !self.records.all().iter().any(same) {
                    self.make_room(Some(&spot.place))?;
                }
                self.records.insert(at, insertion, spot)
            }
            // An event that happened twice is two entries of a history.
            Mode::Chunks => {
                if spot.may_go() {
                    self.make_room(None)?;
                }
                self.records.add(at, insertion, spot)
            }
        }
    }

    /// Notes the state of a thing. The one that there is changes, and its count stays.
    fn cached(&mut self, at: &Moment, insertion: Insertion, spot: Spot) -> Result<String, Error> {
        let thing = insertion.speaker.clone();
        if thing.is_empty() {
            return Err(Error::Invalid(
                "insert: the cache keeps one state of a thing: name it as the speaker".into(),
            ));
        }
        let is_same = |record: &&&Record<Spot>| record.speaker == thing;
        let same = self
            .evictable(None)
            .iter()
            .find(is_same)
            .map(|it| Spots::id(it));
        if let Some(id) = same {
            *self.records.data_mut(&id)? = spot;
            let Insertion {
                text,
                evidence,
                vector,
                ..
            } = insertion;
            let revision = Revision {
                vector,
                ..Revision::new(id, text, evidence)
            };
            return self.records.update(at, revision);
        }
        let id = self.records.add(at, insertion, spot)?;
        let number = self.records.get(&id)?.number;
        let capacity = self.options.capacity;
        self.cache.used(&thing, capacity);
        let mut held = held(&self.records);
        held.retain(|of| of.0 != number);
        let dropped = self.cache.enter(number, &held, capacity);
        let is_dropped = |record: &&Record<Spot>| Some(record.number) == dropped;
        let dropped = self.records.all().iter().find(is_dropped).map(Spots::id);
        if let Some(dropped) = dropped {
            self.records.delete(&dropped)?;
        }
        Ok(id)
    }

    /// Returns the entries that a rule may evict, in order of insertion.
    fn evictable(&self, place: Option<&str>) -> Vec<&Record<Spot>> {
        let may_go = |record: &&Record<Spot>| {
            record.data.may_go() && place.is_none_or(|place| record.data.place == place)
        };
        self.records.all().iter().filter(may_go).collect()
    }

    /// Makes room for an entry in a place, by the rule of the options if there is one.
    ///
    /// # Errors
    /// `invalid` if the bank or the place is full, and there is no rule.
    fn make_room(&mut self, place: Option<&str>) -> Result<(), Error> {
        let in_place = place.filter(|_| self.options.per_place.is_some());
        for (place, most) in [
            (in_place, self.options.per_place.unwrap_or(usize::MAX)),
            (None, self.options.capacity),
        ] {
            let held = self.evictable(place);
            if held.len() < most {
                continue;
            }
            let chosen = self
                .options
                .rule
                .map(|rule| rule.choose(&held, &self.visits));
            let Some(id) = chosen.flatten().map(Spots::id) else {
                let whose = place.map_or("the bank".into(), |place| format!("the place {place:?}"));
                return Err(Error::Invalid(format!(
                    "full: evict first: {whose} holds {most}, and the options name no `rule`"
                )));
            };
            self.records.delete(&id)?;
        }
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<String, Error> {
        let deleted = self.records.delete(id)?;
        self.cache.deleted(deleted.number);
        Ok(id.into())
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        self.records.get(&revision.id)?;
        no_fields("places", &revision.fields)?;
        let text = one_line(&revision.text, &format!("update of {}", revision.id))?;
        self.records.update(at, Revision { text, ..revision })
    }

    fn custom(&mut self, custom: &CustomOperation) -> Result<String, Error> {
        let CustomOperation {
            name,
            arguments: json,
            ..
        } = custom;
        let is_cache = self.options.mode == Mode::Cache;
        match &**name {
            "touch" if is_cache => self.touch(arguments(name, json)?),
            "visit" if !is_cache => {
                let Visit { place } = arguments(name, json)?;
                let place = named(name, &place)?;
                let visits = self.visits.entry(place.clone()).or_default();
                *visits = visits.saturating_add(1);
                Ok(place)
            }
            "evict" if !is_cache => self.evict(&arguments(name, json)?),
            "touch" => Err(Error::Unsupported(
                "touch: only the mode `cache` counts uses".into(),
            )),
            "visit" | "evict" => Err(Error::Unsupported(format!(
                "{name}: the mode `cache` evicts by its counts of uses"
            ))),
            _ => Err(Error::Unsupported(format!(
                "the bank of places has no operation {name:?}"
            ))),
        }
    }

    fn touch(&mut self, Touch { id }: Touch) -> Result<String, Error> {
        let record = self.records.get(&id)?;
        if !record.data.may_go() {
            let why = format!("touch: {id} is fixed, and its uses are not counted");
            return Err(Error::Invalid(why));
        }
        self.cache.used(&record.speaker, self.options.capacity);
        Ok(id)
    }

    fn evict(&mut self, Evict { rule, place }: &Evict) -> Result<String, Error> {
        let rule = rule
            .or(self.options.rule)
            .ok_or_else(|| Error::Invalid("evict: give a `rule`: fifo, lifo, mvf or lvf".into()))?;
        let place = place
            .as_ref()
            .map(|place| named("evict", place))
            .transpose()?;
        let held = self.evictable(place.as_deref());
        match rule.choose(&held, &self.visits).map(Spots::id) {
            Some(id) => self.delete(&id),
            None => Err(Error::Invalid("evict: there is nothing to evict".into())),
        }
    }

    fn entry(&self, record: &Record<Spot>) -> Entry {
        let Spot { place, kind } = &record.data;
        let shown = |is_shown: bool, count: u64| match is_shown {
            true => count.to_string(),
            false => String::new(),
        };
        let mode = self.options.mode;
        let visits = self.visits.get(place).copied().unwrap_or_default();
        let uses = self.cache.count(&record.speaker);
        let chunk = chunks::number(record, &self.options);
        let values = [
            place.clone(),
            kind.name().into(),
            shown(mode == Mode::Chunks, chunk),
            shown(mode != Mode::Cache, u64::from(visits)),
            shown(mode == Mode::Cache && record.data.may_go(), u64::from(uses)),
        ];
        let fields = NAMES.map(String::from).into_iter().zip(values);
        record.entry(Spots::id(record), fields.collect())
    }
}

impl Bank for Places {
    fn configure(&mut self, options: &str) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        self.chunks.take();
        Ok(())
    }

    fn schema(&self) -> Schema {
        schema(self.options.mode)
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        self.chunks.take();
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => self.insert(&at, insertion),
            Operation::Update(revision) => self.update(&at, revision),
            Operation::Delete(id) => self.delete(&id),
            Operation::Custom(custom) => self.custom(&custom),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches as [`Records::search`] does, among the entries of a place or kind if the options say
    /// so. In the mode `chunks` the score is a probability, and a query without words and vector
    /// returns all in order.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let QueryOptions { place, kind } = QueryOptions::parse(&query.options)?;
        let place = place.map(|place| squeezed(&place));
        let wanted = |record: &Record<Spot>| {
            place
                .as_ref()
                .is_none_or(|place| record.data.place == *place)
                && kind.is_none_or(|kind| record.data.kind == kind)
        };
        let everything = query.vector.is_none() && query.text.trim().is_empty();
        let found = match self.options.mode {
            Mode::Chunks if !everything => self.in_chunks(query, wanted)?,
            _ => self.records.search(query, wanted)?,
        };
        let hit = |(record, score)| Hit {
            entry: self.entry(record),
            score,
        };
        Ok(found.into_iter().map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        let records = self.records.all().iter();
        records.map(|record| self.entry(record)).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let line = |id: &String| {
            let record = self.records.get(id)?;
            Ok(match &*record.data.place {
                "" => record.line(id),
                place => format!("{} | place: {place}", record.line(id)),
            })
        };
        let lines: Vec<String> = ids.iter().map(line).collect::<Result<_, Error>>()?;
        Ok(lines.join("\n"))
    }

    fn stats(&self) -> Stats {
        self.records.stats()
    }
}

impl State for Places {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&(&self.visits, &self.cache, self.records.memory()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (visits, cache, memory): (Visits, Cache, Memory<Spot>) = FORMAT.load(bytes)?;
        let records: Spots = Records::restored("places", memory)?;
        validity::check(&records, &cache, &self.options)?;
        (self.visits, self.cache, self.records) = (visits, cache, records);
        self.chunks.take();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
