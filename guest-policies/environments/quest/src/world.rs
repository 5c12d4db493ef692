//! Made-up worlds: people, firms and towns with a document each, and questions about them.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::corpus::Document;
use crate::fact::{Fact, Kind, Query, Relation};
use crate::names::names;
use crate::options::Options;
use crate::problem::Problem;
use crate::seed::{self, Place};

/// A made-up world.
pub struct World {
    /// All facts, by document.
    facts: Vec<Vec<Fact>>,
}

impl World {
    /// Returns the world of an episode: of its things a half are people, a quarter firms and a
    /// quarter towns.
    pub fn new(options: &Options, place: Place) -> Self {
        let mut random = seed::documents(options.seed, place);
        let quarter = options.documents as usize / 4;
        let people = options.documents as usize - 2 * quarter;
        let things = Kind::ALL.map(|kind| {
            let mut names = names(place.split, kind);
            random.shuffle(&mut names);
            let most = if kind == Kind::Person {
                people
            } else {
                quarter
            };
            names.truncate(most);
            names
        });
        let mut facts = Vec::new();
        for (kind, names) in Kind::ALL.into_iter().zip(&things) {
            for name in names {
                facts.push(about(kind, name, &things, &mut random));
            }
        }
        random.shuffle(&mut facts);
        Self { facts }
    }

    /// Returns the documents, one for each thing, with a sentence for each fact.
    pub fn documents(&self) -> Vec<Document> {
        let document = |facts: &Vec<Fact>| Document {
            title: facts
                .first()
                .map_or_else(String::new, |fact| fact.subject.clone()),
            text: facts
                .iter()
                .map(Fact::sentence)
                .collect::<Vec<_>>()
                .join(" "),
        };
        self.facts.iter().map(document).collect()
    }

    /// Returns the questions of a session, all different.
    ///
    /// # Errors
    /// `invalid` if the world has too few of them.
    pub fn problems(
        &self,
        options: &Options,
        place: Place,
        session: u32,
    ) -> Result<Vec<Problem>, Error> {
        let mut random = seed::questions(options.seed, place, session);
        let mut one_hop = self.one_hop();
        let mut two_hop = self.two_hop();
        random.shuffle(&mut one_hop);
        random.shuffle(&mut two_hop);
        let mut problems = Vec::new();
        for _ in 0..options.objectives {
            let next = match random.below(u64::from(options.hops)) {
                0 => one_hop.pop(),
                _ => two_hop.pop(),
            };
            let query = next.or_else(|| one_hop.pop()).ok_or_else(|| {
                Error::Invalid(format!(
                    "quest: {} documents are too few for {} questions: raise `documents`, or \
                     lower `objectives`",
                    options.documents, options.objectives
                ))
            })?;
            problems.extend(self.solved(query));
        }
        Ok(problems)
    }

    fn all(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().flatten()
    }

    /// Returns the questions that one fact answers.
    fn one_hop(&self) -> Vec<Query> {
        let asked = self.all().filter(|fact| fact.relation.leads().is_none());
        let query = |fact: &Fact| Query {
            subject: fact.subject.clone(),
            through: None,
            relation: fact.relation,
        };
        asked.map(query).collect()
    }

    /// Returns the questions that take two facts.
    fn two_hop(&self) -> Vec<Query> {
        let mut queries = Vec::new();
        for fact in self.all() {
            let Some(kind) = fact.relation.leads() else {
                continue;
            };
            let asked = Relation::ALL.into_iter();
            let asked = asked.filter(|it| it.of() == kind && it.leads().is_none());
            queries.extend(asked.map(|relation| Query {
                subject: fact.subject.clone(),
                through: Some(fact.relation),
                relation,
            }));
        }
        queries
    }

    fn value(&self, subject: &str, relation: Relation) -> Option<&str> {
        let mut all = self.all();
        let found = all.find(|fact| fact.subject == subject && fact.relation == relation)?;
        Some(&found.value)
    }

    fn solved(&self, query: Query) -> Option<Problem> {
        let meant = match query.through {
            None => &query.subject,
            Some(through) => self.value(&query.subject, through)?,
        };
        let answer = self.value(meant, query.relation)?.to_string();
        Some(Problem::made_up(query, &answer))
    }
}

/// Returns the facts about a thing, in random order. It is led to another thing of the world.
fn about(kind: Kind, name: &str, things: &[Vec<String>; 3], random: &mut Random) -> Vec<Fact> {
    let mut facts = Vec::new();
    for relation in Relation::ALL.into_iter().filter(|it| it.of() == kind) {
        let value = match relation.leads() {
            Some(kind) => random.pick(&things[kind as usize]).cloned(),
            None => random.pick(relation.values()).map(ToString::to_string),
        };
        facts.extend(value.map(|value| Fact {
            subject: name.into(),
            relation,
            value,
        }));
    }
    random.shuffle(&mut facts);
    facts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeSet;

    use memloom_sdk::generated::Split;
    use memloom_sdk::text::{lower_words, sentences};

    use super::*;
    use crate::corpus::Corpus;

    fn place(split: Split, index: u64) -> Place {
        Place { split, index }
    }

    #[test]
    fn the_documents_give_one_answer_to_each_question() {
        let options = Options::default();
        for index in 0..100 {
            let place = place(Split::Train, index);
            let world = World::new(&options, place);
            let documents = world.documents();
            assert_eq!(documents.len(), 24);
            let said = documents.iter().flat_map(|it| sentences(&it.text));
            let facts: Vec<Fact> = said.map(|it| Fact::parse(it).unwrap()).collect();
            let values = |subject: &str, relation| -> Vec<&str> {
                let about = facts.iter();
                let about = about.filter(|it| it.subject == subject && it.relation == relation);
                about.map(|it| it.value.as_str()).collect()
            };
            let problems = world.problems(&options, place, 1).unwrap();
            assert_eq!(problems.len(), 2);
            assert_ne!(problems[0].question, problems[1].question);
            for problem in problems {
                let query = Query::parse(&problem.question).unwrap();
                let meant = match query.through {
                    None => vec![query.subject.as_str()],
                    Some(through) => values(&query.subject, through),
                };
                assert_eq!(meant.len(), 1);
                assert_eq!(values(meant[0], query.relation), problem.answers);
            }
        }
    }

    #[test]
    fn a_search_for_a_fact_finds_its_document_first() {
        for split in Split::ALL {
            for documents in [16, 64] {
                let options = Options {
                    documents,
                    ..Options::default()
                };
                let world = World::new(&options, place(split, 3));
                let corpus = Corpus::from(world.documents());
                for fact in world.all() {
                    let words = format!("{} of {}", fact.relation.name(), fact.subject);
                    let first = corpus.search(&words, 1)[0];
                    assert_eq!(corpus.document(first).unwrap().title, fact.subject);
                }
            }
        }
    }

    #[test]
    fn the_language_has_few_words_and_training_knows_all_of_them() {
        let words = |split| -> BTreeSet<String> {
            let options = Options::default();
            let worlds = (0..100).map(|index| place(split, index));
            let said = worlds.flat_map(|place| {
                let world = World::new(&options, place);
                let problems = world.problems(&options, place, 1).unwrap().into_iter();
                let questions = problems.map(|problem| problem.question);
                let texts = world.documents().into_iter().map(|document| document.text);
                let all: Vec<String> = questions.chain(texts).collect();
                lower_words(&all.join(" "))
            });
            said.collect()
        };
        let known = words(Split::Train);
        assert!(known.len() <= 130, "{}", known.len());
        for split in [Split::Validation, Split::HeldOut] {
            assert!(words(split).is_subset(&known));
        }
    }

    #[test]
    fn a_small_world_has_questions_enough_for_every_task() {
        for hops in [1, 2] {
            let options = Options {
                documents: 16,
                objectives: 16,
                hops,
                ..Options::default()
            };
            for session in 1..20 {
                let place = place(Split::HeldOut, 0);
                let world = World::new(&options, place);
                let problems = world.problems(&options, place, session).unwrap();
                assert_eq!(problems.len(), 16);
                assert!(
                    hops == 2
                        || problems
                            .iter()
                            .all(|it| it.query.as_ref().unwrap().through.is_none())
                );
            }
        }
    }
}
