//! Retrieval: by words or a vector, around nodes, by a subgraph, and plans from recipes.

use std::collections::{BTreeMap, BTreeSet};

use memloom_records::Record;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::text::same_but_case;
use memloom_sdk::types::{Entry, Error};
use memloom_search::best;

use super::Graph;
use crate::episodic::{Seen, scores};
use crate::node::{Node, Triple, name};
use crate::plan::{Step, plan};
use crate::query::{Kind, QueryOptions};

impl Graph {
    /// Searches as [`memloom_records::Records::search`] does, or as the options say.
    pub(super) fn search(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let options = QueryOptions::parse(&query.options)?;
        if let Some(item) = &options.requires {
            return self.required(&name(item, "requires", "the item")?, &options, query);
        }
        let found: Vec<(u64, f32)> = if options.seeds.is_some() {
            self.around(query, &options)?
        } else if let Some(triples) = &options.triples {
            let subgraph = self.numbers(triples, "triples")?;
            self.observed(query, &options, &subgraph)?
        } else {
            let found = self
                .nodes
                .search(query, |it| self.is_wanted(it, &options))?;
            let found = found.into_iter();
            found
                .map(|(record, score)| (record.number, score))
                .collect()
        };
        let hit = |(number, score)| {
            let entry = self.entry(self.record(number)?);
            Some(Hit { entry, score })
        };
        Ok(found.into_iter().filter_map(hit).collect())
    }

    fn is_wanted(&self, record: &Record<Node>, options: &QueryOptions) -> bool {
        let kind = match record.data {
            Node::Triple(_) => Kind::Triple,
            Node::Episode(_) => Kind::Episode,
            Node::Recipe(_) => Kind::Recipe,
        };
        let written = self.instances.get(&record.number);
        let is_of = |session: u32| written.is_some_and(|sessions| sessions.contains(&session));
        options.kind.is_none_or(|wanted| wanted == kind) && options.instance.is_none_or(is_of)
    }

    /// Returns how like a query the entries are: all with a vector that is above the threshold, or
    /// those with some of the words.
    fn likeness(&self, query: &Query, threshold: f32) -> Result<BTreeMap<u64, f32>, Error> {
        let all = Query {
            limit: u32::MAX,
            threshold: match query.vector {
                Some(_) => threshold,
                None => 0.0,
            },
            options: String::new(),
            ..query.clone()
        };
        let found = self.nodes.search(&all, |_| true)?.into_iter();
        Ok(found
            .map(|(record, score)| (record.number, score))
            .collect())
    }

    /// Returns the triples around the seeds, breadth first: at each node the best ones go on. Scores
    /// are cosines above the threshold, and without a vector 1 by the number of hops.
    fn around(&self, query: &Query, options: &QueryOptions) -> Result<Vec<(u64, f32)>, Error> {
        let alike = self.likeness(query, query.threshold)?;
        let mut found: BTreeMap<u64, f32> = BTreeMap::new();
        for (seed, depth) in options.depths() {
            let seed = name(seed, "seeds", "a name")?;
            let mut seen = BTreeSet::from([seed.clone()]);
            let mut nodes = vec![seed];
            for hop in 1..=depth {
                let mut next = Vec::new();
                for node in nodes {
                    for record in self.near(&node, query, options, &alike)? {
                        let score = match query.vector {
                            Some(_) => alike.get(&record.number).copied().unwrap_or(0.0),
                            None => 1.0 / hop as f32,
                        };
                        let best = found.entry(record.number).or_insert(score);
                        *best = best.max(score);
                        let ends = record.data.triple().into_iter().flat_map(Triple::ends);
                        next.extend(
                            ends.filter(|end| seen.insert((*end).into()))
                                .map(String::from),
                        );
                    }
                }
                nodes = next;
            }
        }
        Ok(best(found.into_iter(), query.limit as usize))
    }

    /// Returns the triples at a node that are most like the query, of equal ones the latest first.
    /// A name that is no node has those that it is in the words of.
    fn near(
        &self,
        node: &str,
        query: &Query,
        options: &QueryOptions,
        alike: &BTreeMap<u64, f32>,
    ) -> Result<Vec<&Record<Node>>, Error> {
        let at_node: Vec<u64> = match (self.ends.at(node), &query.vector) {
            (Some(numbers), _) => numbers.iter().copied().collect(),
            (None, Some(_)) => alike.keys().copied().collect(),
            (None, None) => {
                let is_triple = |record: &Record<Node>| record.data.triple().is_some();
                let named = self.nodes.search(&Query::new(node, u32::MAX), is_triple)?;
                named.into_iter().map(|(record, _)| record.number).collect()
            }
        };
        let of_speaker = |record: &Record<Node>| {
            let speaker = query.speaker.as_ref();
            speaker.is_none_or(|speaker| same_but_case(speaker, &record.speaker))
        };
        let mut near: Vec<(f32, &Record<Node>)> = at_node
            .into_iter()
            .filter_map(|number| {
                let likeness = alike.get(&number).copied();
                let likeness = likeness.or_else(|| query.vector.is_none().then_some(0.0))?;
                let record = self.record(number)?;
                let wanted = record.data.triple().is_some()
                    && self.is_wanted(record, options)
                    && of_speaker(record);
                wanted.then_some((likeness, record))
            })
            .collect();
        near.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(b.number.cmp(&a.number)));
        near.truncate(self.options.top);
        Ok(near.into_iter().map(|(_, record)| record).collect())
    }

    /// Returns episodes by their share of a subgraph and their likeness to the query.
    fn observed(
        &self,
        query: &Query,
        options: &QueryOptions,
        subgraph: &BTreeSet<u64>,
    ) -> Result<Vec<(u64, f32)>, Error> {
        let alike = self.likeness(query, f32::MIN)?;
        let (mut numbers, mut episodes) = (Vec::new(), Vec::new());
        for record in self.nodes.all() {
            if let Node::Episode(triples) = &record.data
                && self.is_wanted(record, options)
            {
                numbers.push(record.number);
                episodes.push(Seen {
                    triples: triples.len(),
                    hits: triples.iter().filter(|it| subgraph.contains(it)).count(),
                    likeness: alike.get(&record.number).copied().unwrap_or(0.0),
                });
            }
        }
        let scores = scores(&episodes, self.options.episodic);
        let scored = numbers.into_iter().zip(scores);
        let above = scored.filter(|(_, score)| *score > query.threshold);
        Ok(best(above, query.limit as usize))
    }

    /// Returns a plan for an item: recipes, and for raw items hits that are no entries and have no
    /// id. The score is the amount.
    fn required(
        &self,
        item: &str,
        options: &QueryOptions,
        query: &Query,
    ) -> Result<Vec<Hit>, Error> {
        let recipes = self.recipes();
        let steps = plan(&recipes, item, options.count.into());
        let all = self.nodes.all();
        let hit = |step: &Step<'_>| {
            let makes = |record: &&Record<Node>| matches!(&record.data, Node::Recipe(recipe) if recipe.item == step.item);
            let mut entry = match all.iter().find(makes) {
                Some(record) => self.entry(record),
                None => raw(step.item),
            };
            let counts = [("amount", step.amount), ("crafts", step.crafts)];
            let counts = counts.map(|(name, count)| (name.to_string(), count.to_string()));
            entry.fields.extend(counts);
            Hit {
                entry,
                score: step.amount as f32,
            }
        };
        Ok(steps.iter().map(hit).take(query.limit as usize).collect())
    }
}

/// Returns an item without a recipe in the form of an entry.
fn raw(item: &str) -> Entry {
    Entry {
        id: String::new(),
        text: item.into(),
        speaker: String::new(),
        time: String::new(),
        first_session: 0,
        last_session: 0,
        evidence: Vec::new(),
        fields: vec![("kind".into(), "raw".into()), ("item".into(), item.into())],
    }
}
