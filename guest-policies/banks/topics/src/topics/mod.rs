//! The bank: operations, retrieval, learning, state.

use std::num::NonZeroU32;

use memloom_records::{Memory, Record, Records, no_fields, one_line};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::random::Random;
use memloom_sdk::state::Format;
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, Level, State, log};
use memloom_search::{best, hashed, projected, unit};

use crate::operations::{Cited, Merge, arguments};
use crate::options::Options;
use crate::query::{QueryOptions, Rerank};
use crate::reranker::Reranker;
use crate::schema::schema;

/// The bank.
#[derive(Default)]
pub struct Topics {
    options: Options,
    records: Summaries,
    reranker: Reranker,
}

type Summaries = Records<(), 'p'>;

/// The threshold that every candidate is above.
const ALL: f32 = f32::MIN;

/// The place of uniform numbers in which the noise is finite.
const INSIDE: f64 = 1e-12;

const FORMAT: Format = Format {
    component: "topics",
    version: 1,
};

impl Topics {
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        no_fields("topics", &insertion.fields)?;
        let text = one_line(&insertion.text, "insert")?;
        self.records.insert(at, Insertion { text, ..insertion }, ())
    }

    fn update(&mut self, at: &Moment, revision: Revision, what: &str) -> Result<String, Error> {
        self.records.get(&revision.id)?;
        no_fields("topics", &revision.fields)?;
        let text = one_line(&revision.text, &format!("{what} {}", revision.id))?;
        self.records.update(at, Revision { text, ..revision })
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        self.records.delete(&id)?;
        Ok(id)
    }

    fn custom(&mut self, at: &Moment, custom: CustomOperation) -> Result<String, Error> {
        let CustomOperation {
            name,
            arguments: json,
            vector,
        } = custom;
        match &*name {
            "merge" => {
                let Merge { id, text, evidence } = arguments(&name, &json)?;
                let revision = Revision {
                    vector,
                    ..Revision::new(id, text, evidence)
                };
                self.update(at, revision, "merge into")
            }
            "cited" => self.cited(arguments(&name, &json)?, vector),
            _ => Err(Error::Unsupported(format!(
                "the topics bank has no operation {name:?}"
            ))),
        }
    }

    /// Takes a step of the reranker: topics that were shown are worth 1 if they are cited, else -1. The
    /// candidates are the query's, as they are now, and what was shown.
    fn cited(&mut self, cited: Cited, embedding: Option<Vec<f32>>) -> Result<String, Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("cited: {why}")));
        let query = Query {
            vector: embedding,
            threshold: ALL,
            ..Query::new(cited.query, self.options.k)
        };
        let mut candidates: Vec<&Record<()>> = self
            .records
            .search(&query, |_| true)?
            .into_iter()
            .map(|(record, _)| record)
            .collect();
        for (place, id) in cited.shown.iter().enumerate() {
            let shown = self.records.get(id)?;
            if cited.shown[..place].contains(id) {
                return invalid(format!("`shown` has {id} twice"));
            }
            if candidates.iter().all(|other| other.number != shown.number) {
                candidates.push(shown);
            }
        }
        let Some(first) = cited.shown.first().cloned() else {
            return invalid("`shown` is empty".into());
        };
        if let Some(other) = cited.cited.iter().find(|id| !cited.shown.contains(id)) {
            return invalid(format!("{other} was not shown"));
        }
        let rewards = candidates.iter().map(|record| {
            let id = Summaries::id(record);
            let reward = if cited.cited.contains(&id) { 1.0 } else { -1.0 };
            cited.shown.contains(&id).then_some(reward)
        });
        let rewards: Vec<Option<f64>> = rewards.collect();
        let (of_query, of_candidates) = self.vectors(&query, &candidates)?;
        self.reranker
            .learn(&of_query, &of_candidates, &rewards, &self.options);
        let used = rewards
            .iter()
            .filter(|reward| **reward == Some(1.0))
            .count();
        let shown = cited.shown.len();
        log(
            Level::Debug,
            &format!("topics: {used} of {shown} topics were cited"),
        );
        Ok(first)
    }

    /// Returns the vectors of a query and of candidates in the reranker's space: those of their
    /// embeddings if the query has one, else of their words.
    ///
    /// # Errors
    /// `invalid` if a candidate has no embedding, or the reranker learnt from vectors of another
    /// length.
    fn vectors(
        &self,
        query: &Query,
        candidates: &[&Record<()>],
    ) -> Result<(Vec<f32>, Vec<Vec<f32>>), Error> {
        let dimension = self.options.dimension;
        let of_query = vector(&query.text, query.vector.as_deref(), dimension);
        let learnt = self.reranker.dimension();
        if learnt != 0 && learnt != of_query.len() {
            let given = of_query.len();
            return Err(Error::Invalid(format!(
                "a query of {given} numbers does not fit the reranker, which learnt from {learnt}"
            )));
        }
        let of_candidate = |record: &&Record<()>| match (&query.vector, &record.vector) {
            (None, _) => Ok(vector(&record.text, None, dimension)),
            (Some(_), Some(own)) => Ok(vector("", Some(own), dimension)),
            (Some(_), None) => Err(Error::Invalid(format!(
                "{} has no vector, and the query has one",
                Summaries::id(record)
            ))),
        };
        let of_candidates = candidates.iter().map(of_candidate);
        Ok((of_query, of_candidates.collect::<Result<_, _>>()?))
    }

    /// Chooses among the candidates of a query by the reranker: the best, or, with a seed, the best
    /// with Gumbel noise, which is a sample without replacement.
    fn rerank(&self, query: &Query, rerank: Rerank) -> Result<Vec<(&Record<()>, f32)>, Error> {
        let limit = self.options.k;
        let query = &Query {
            limit,
            ..query.clone()
        };
        let found = self.records.search(query, |_| true)?.into_iter();
        let candidates: Vec<&Record<()>> = found.map(|(record, _)| record).collect();
        let (of_query, of_candidates) = self.vectors(query, &candidates)?;
        let scores = self.reranker.scores(&of_query, &of_candidates);
        let noisy = |(record, score): (&&Record<()>, f64)| {
            let noise = rerank.seed.map_or(0.0, |seed| gumbel(seed, record.number));
            (record.number, (score + noise) as f32)
        };
        let scores = candidates.iter().zip(scores).map(noisy);
        let top = rerank.top.map_or(self.options.m, NonZeroU32::get);
        let chosen = best(scores, top as usize).into_iter();
        let of_number = |(number, score)| {
            let record = candidates.iter().find(|record| record.number == number)?;
            Some((*record, score))
        };
        Ok(chosen.filter_map(of_number).collect())
    }
}

/// Returns Gumbel noise, which depends on the seed and the entry alone.
fn gumbel(seed: u64, number: u64) -> f64 {
    let uniform = Random::derived(seed, &[number]).unit();
    -(-uniform.clamp(INSIDE, 1.0 - INSIDE).ln()).ln()
}

/// Returns a text, or its embedding if it has one, as a vector of length 1. Words are hashed to
/// `dimension` numbers; an embedding with more is projected to as many, one with fewer stays.
fn vector(text: &str, embedding: Option<&[f32]>, dimension: usize) -> Vec<f32> {
    match embedding {
        None => hashed(text, dimension),
        Some(embedding) if embedding.len() <= dimension => unit(embedding),
        Some(embedding) => unit(&projected(&unit(embedding), dimension)),
    }
}

fn entry(record: &Record<()>) -> Entry {
    record.entry(Summaries::id(record), Vec::new())
}

impl Bank for Topics {
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
            Operation::Update(revision) => self.update(&at, revision, "update of"),
            Operation::Delete(id) => self.delete(id),
            Operation::Custom(custom) => self.custom(&at, custom),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches as [`Records::search`] does. With `rerank` the `K` best are reranked, and score what
    /// the reranker says, with noise if there is a seed.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let found = match QueryOptions::parse(&query.options)?.rerank {
            None => self.records.search(query, |_| true)?,
            Some(rerank) => self.rerank(query, rerank)?,
        };
        let hits = found.into_iter().map(|(record, score)| Hit {
            entry: entry(record),
            score,
        });
        Ok(hits.take(query.limit as usize).collect())
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

impl State for Topics {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&(self.records.memory(), &self.reranker))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let invalid = |why: String| Err(Error::Invalid(format!("topics: the snapshot {why}")));
        let (memory, reranker): (Memory<()>, Reranker) = FORMAT.load(bytes)?;
        let (learnt, dimension) = (reranker.dimension(), self.options.dimension);
        if learnt > dimension {
            return invalid(format!(
                "has a reranker of {learnt} numbers, but `dimension` is {dimension}"
            ));
        }
        if !reranker.is_valid() {
            return invalid("has a reranker that no citations leave".into());
        }
        self.records = Records::restored("topics", memory)?;
        self.reranker = reranker;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
