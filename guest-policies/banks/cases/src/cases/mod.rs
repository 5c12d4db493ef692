//! The bank of cases: operations, retrieval, state.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::options::object;
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State, text};
use memloom_search::{Index, best, cosine};
use serde::Deserialize;

use crate::case::Case;
use crate::draw::{POOL, drawn};
use crate::features::Surroundings;
use crate::fields::Fields;
use crate::logistic::Logistic;
use crate::memory::Memory;
use crate::options::{Options, Q};
use crate::query::{By, QueryOptions};
use crate::schema::schema;
use crate::value::{Goal, Record, value};

/// The bank of cases.
#[derive(Default)]
pub struct Cases {
    options: Options,
    memory: Memory,
    /// The weights that uses have taught, if the value is logistic.
    learnt: Logistic,
    /// The search index, built by the first search after a write.
    index: OnceCell<Index>,
}

/// The arguments of the operation `outcome`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    ids: Vec<String>,
    reward: f32,
    #[serde(default)]
    goal: String,
}

/// The arguments of the operation `prune`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pruned {
    ids: Vec<String>,
}

impl Cases {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        let goal = one_line(&insertion.text, "insert")?;
        let speaker = squeezed(&insertion.speaker);
        let mut fields = Fields::default();
        fields.set(&insertion.fields)?;
        has_plan(&fields)?;
        self.memory.check_vector(insertion.vector.as_deref())?;
        let mut cases = self.memory.cases.iter();
        let slot = match cases.position(|case| case.identity() == (&goal, &fields.plan, &speaker)) {
            Some(slot) => slot,
            None => self.memory.add(at, goal, speaker, &self.options)?,
        };
        let number = self.write();
        let case = &mut self.memory.cases[slot];
        case.fields.set(&insertion.fields)?;
        case.support(insertion.evidence);
        case.goal.vector = insertion.vector.or(case.goal.vector.take());
        case.write(at, number);
        if let Some(reward) = fields.reward() {
            case.used(Record { goal: None, reward }, self.options.records);
        }
        Ok(case.id())
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        let slot = self.memory.slot(&revision.id)?;
        let goal = one_line(&revision.text, &format!("update of {}", revision.id))?;
        let case = &self.memory.cases[slot];
        let mut fields = case.fields.clone();
        fields.set(&revision.fields)?;
        has_plan(&fields)?;
        self.memory.check_vector(revision.vector.as_deref())?;
        let twin = |other: &&Case| {
            other.number != case.number && other.identity() == (&goal, &fields.plan, &case.speaker)
        };
        if let Some(twin) = self.memory.cases.iter().find(twin) {
            return Err(Error::Invalid(format!(
                "update of {}: {} has this goal and plan already",
                revision.id,
                twin.id()
            )));
        }
        let number = self.write();
        let case = &mut self.memory.cases[slot];
        if revision.vector.is_some() || case.goal.text != goal {
            case.goal.vector = revision.vector;
        }
        case.goal.text = goal;
        case.fields = fields;
        case.support(revision.evidence);
        case.write(at, number);
        Ok(revision.id)
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        let slot = self.memory.slot(&id)?;
        self.memory.cases.remove(slot);
        self.index.take();
        Ok(id)
    }

    fn custom(&mut self, custom: CustomOperation) -> Result<String, Error> {
        match &*custom.name {
            "outcome" => self.outcome(&custom.arguments, custom.vector),
            "prune" => self.prune(&custom.arguments),
            name => Err(Error::Unsupported(format!(
                "the bank of cases has no operation {name:?}"
            ))),
        }
    }

    /// Counts a use of cases. What they say stays as it was written.
    fn outcome(&mut self, arguments: &str, vector: Option<Vec<f32>>) -> Result<String, Error> {
        let used: Used = serde_json::from_str(object("outcome", arguments)?)
            .map_err(|why| Error::Invalid(format!("outcome: {why}")))?;
        if !(0.0..=1.0).contains(&used.reward) {
            let why = format!("outcome: `reward` is {}: give 0 to 1", used.reward);
            return Err(Error::Invalid(why));
        }
        self.memory.check_vector(vector.as_deref())?;
        let (first, slots) = self.slots("outcome", used.ids)?;
        let text = squeezed(&used.goal);
        let own = text.is_empty() && vector.is_none();
        let record = Record {
            goal: (!own).then_some(Goal { text, vector }),
            reward: used.reward,
        };
        if self.options.q == Q::Logistic {
            self.learn(&record, &slots);
        }
        for slot in slots {
            self.memory.cases[slot].used(record.clone(), self.options.records);
        }
        Ok(first)
    }

    /// Teaches the logistic value what the use of cases came to, before it is counted.
    fn learn(&mut self, record: &Record, slots: &BTreeSet<usize>) {
        for &slot in slots {
            let own = &self.memory.cases[slot].goal;
            let goal = record.goal.as_ref().unwrap_or(own);
            let around = Surroundings::new(goal, &self.memory, self.options.prior);
            let features = around.features(slot, &self.memory);
            self.learnt.learn(features, record.reward);
        }
    }

    /// Returns the expected reward of each case for a goal, by its place.
    fn values<'a>(&'a self, goal: &'a Goal) -> impl Fn(usize) -> f32 + 'a {
        let around = match self.options.q {
            Q::Kernel => None,
            Q::Logistic => Some(Surroundings::new(goal, &self.memory, self.options.prior)),
        };
        move |place| match &around {
            None => {
                let case = &self.memory.cases[place];
                value(goal, &case.goal, &case.records, &self.options)
            }
            Some(around) => self.learnt.value(around.features(place, &self.memory)),
        }
    }

    /// Takes a use away from cases, and deletes those that are pruned once too often.
    fn prune(&mut self, arguments: &str) -> Result<String, Error> {
        let pruned: Pruned = serde_json::from_str(object("prune", arguments)?)
            .map_err(|why| Error::Invalid(format!("prune: {why}")))?;
        let (first, slots) = self.slots("prune", pruned.ids)?;
        // The last ones first, so that the places of the others stay.
        for slot in slots.into_iter().rev() {
            let case = &mut self.memory.cases[slot];
            case.prune();
            if case.strikes >= self.options.strikes {
                self.memory.cases.remove(slot);
                self.index.take();
            }
        }
        Ok(first)
    }

    /// Returns the first of one or more ids, and the places of all.
    fn slots(&self, what: &str, ids: Vec<String>) -> Result<(String, BTreeSet<usize>), Error> {
        let slots = ids.iter().map(|id| self.memory.slot(id));
        let slots = slots.collect::<Result<_, _>>()?;
        match ids.into_iter().next() {
            Some(first) => Ok((first, slots)),
            None => Err(Error::Invalid(format!("{what}: `ids` is empty"))),
        }
    }

    /// Returns the number of a new write, after which the index is built anew.
    fn write(&mut self) -> u64 {
        self.index.take();
        self.memory.write()
    }

    /// Returns the likeness of every case's goal to a query: the cosine, or none without a
    /// vector; else BM25, or 0 without a shared word.
    fn likenesses(&self, query: &Query) -> Vec<Option<f32>> {
        let cases = self.memory.cases.iter();
        if let Some(vector) = &query.vector {
            let likeness = |case: &Case| Some(cosine(vector, case.goal.vector.as_ref()?));
            return cases.map(likeness).collect();
        }
        let index = self.index.get_or_init(|| {
            let mut index = Index::default();
            for case in &self.memory.cases {
                index.add(case.number, &case.goal.text);
            }
            index
        });
        let mut scores = index.scores(&query.text).into_iter().peekable();
        let or_none = |case: &Case| {
            let found = scores.next_if(|&(scored, _)| scored == case.number);
            Some(found.map_or(0.0, |(_, score)| score))
        };
        cases.map(or_none).collect()
    }
}

impl Bank for Cases {
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

    /// The text or vector of a query chooses the cases with a like goal, `by` what they are
    /// scored and sorted by. A query without words and vector chooses all; by similarity they
    /// then score 0, and no threshold applies. A threshold below 0 chooses all as well.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let options = QueryOptions::parse(&query.options)?;
        self.memory.check_vector(query.vector.as_deref())?;
        if query.threshold.is_nan() {
            let why = "a query's threshold must be a number";
            return Err(Error::Invalid(why.into()));
        }
        let goal = Goal {
            text: squeezed(&query.text),
            vector: query.vector.clone(),
        };
        let everything = goal.vector.is_none() && goal.text.is_empty();
        let speaker = query.speaker.as_deref().map(squeezed);
        let is_wanted = |case: &Case| {
            (speaker.as_ref()).is_none_or(|name| text::same_but_case(name, &case.speaker))
                && (options.outcome).is_none_or(|outcome| case.fields.outcome == outcome)
                && !(options.exclude_same && text::same_but_case(&case.goal.text, &goal.text))
        };
        let value = (options.by == By::Value).then(|| self.values(&goal));
        let scored = |(place, (case, likeness)): (usize, (&Case, Option<f32>))| {
            let likeness = likeness?;
            let is_chosen = everything || likeness > 0.0 || query.threshold < 0.0;
            if !is_chosen || !is_wanted(case) {
                return None;
            }
            let score = match (options.by, &value) {
                (By::Value, Some(value)) => value(place),
                (By::Recency, _) => case.written as f32,
                _ => likeness,
            };
            let passes = score > query.threshold || everything && options.by == By::Similarity;
            passes.then_some((case.number, score))
        };
        let cases = &self.memory.cases;
        let hits = cases.iter().zip(self.likenesses(query)).enumerate();
        let hits = hits.filter_map(scored);
        let hit = |(number, score): (u64, f32)| {
            let entry = cases[self.memory.place(number)?].entry();
            Some(Hit { entry, score })
        };
        let limit = query.limit as usize;
        let hits = match options.draw {
            Some(draw) => {
                let drawn = drawn(best(hits, POOL), limit, self.options.alpha, draw);
                best(drawn.into_iter(), limit)
            }
            None => best(hits, limit),
        };
        Ok(hits.into_iter().filter_map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        self.memory.cases.iter().map(Case::entry).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        let lines: Vec<String> = ids
            .iter()
            .map(|id| Ok(self.memory.cases[self.memory.slot(id)?].line()))
            .collect::<Result<_, Error>>()?;
        Ok(lines.join("\n"))
    }

    fn stats(&self) -> Stats {
        let cases = &self.memory.cases;
        let words = |case: &Case| text::word_count(&case.goal.text) as u64;
        Stats {
            entries: cases.len() as u32,
            words: cases.iter().map(words).sum(),
        }
    }
}

impl State for Cases {
    fn snapshot(&self) -> Vec<u8> {
        match self.options.q {
            Q::Kernel => self.memory.save(),
            Q::Logistic => self.memory.save_with(&self.learnt),
        }
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let capacity = self.options.capacity;
        let (memory, learnt) = match self.options.q {
            Q::Kernel => (Memory::load(bytes, capacity)?, Logistic::default()),
            Q::Logistic => Memory::load_with(bytes, capacity)?,
        };
        *self = Self {
            options: self.options.clone(),
            memory,
            learnt,
            index: OnceCell::new(),
        };
        Ok(())
    }
}

fn has_plan(fields: &Fields) -> Result<(), Error> {
    match &*fields.plan {
        "" => Err(Error::Invalid(
            "a case needs a plan: set the field `plan`".into(),
        )),
        _ => Ok(()),
    }
}

fn squeezed(text: &str) -> String {
    text::first_words(text, usize::MAX)
}

/// Returns a goal as one line, so that rendered entries are one line each.
fn one_line(text: &str, what: &str) -> Result<String, Error> {
    match squeezed(text) {
        line if line.is_empty() => Err(Error::Invalid(format!("{what}: the goal is empty"))),
        line => Ok(line),
    }
}

#[cfg(test)]
mod tests;
