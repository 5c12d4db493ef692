//! Made-up texts: a short document about each of some people, and a question about one of them.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::fact::{Fact, Query, Relation};
use crate::names::Names;
use crate::options::Options;
use crate::seed::{self, Place};
use crate::text::{Category, Problem, Text};

/// The number of facts of a document.
const FACTS: usize = 4;

/// Returns the texts of an episode, one for each session.
///
/// # Errors
/// `invalid` if a text has more sections than are allowed.
pub fn texts(options: &Options, place: Place, sessions: u32) -> Result<Vec<Text>, Error> {
    let mut names = place.split.people();
    seed::people(options.seed, place).shuffle(&mut names);
    let documents = options.documents as usize;
    let texts = (1..=sessions).map(|session| {
        let before = (session as usize - 1) * documents % names.len();
        let people = names.iter().cycle().skip(before).take(documents);
        let people: Vec<&str> = people.map(String::as_str).collect();
        let mut random = seed::text(options.seed, place, session);
        let (problem, text) = made_up(&people, options.hops, &mut random)?;
        Text::new(problem, &text, options)
    });
    texts.collect()
}

/// Returns a question and its text.
fn made_up(people: &[&str], hops: u32, random: &mut Random) -> Result<(Problem, String), Error> {
    let mut places: Vec<usize> = (0..people.len()).collect();
    random.shuffle(&mut places);
    let named = places[0];
    let through = match random.below(u64::from(hops)) {
        0 => None,
        _ => random.pick(&Relation::PEOPLE).copied(),
    };
    let meant = if through.is_some() { places[1] } else { named };
    let relation = Relation::VALUES[random.below(Relation::VALUES.len() as u64) as usize];
    let mut answer = String::new();
    let mut documents = Vec::new();
    for (place, &person) in people.iter().enumerate() {
        let mut relations = [&Relation::VALUES[..], &Relation::PEOPLE].concat();
        random.shuffle(&mut relations);
        let is_needed = |other: &Relation| {
            (place == named && Some(*other) == through) || (place == meant && *other == relation)
        };
        // A stable sort: those that the question needs are among the first.
        relations.sort_by_key(|other| !is_needed(other));
        relations.truncate(FACTS);
        random.shuffle(&mut relations);
        let mut sentences = Vec::new();
        for other in relations {
            let value = match random.pick(other.values()) {
                Some(value) => *value,
                None if place == named && Some(other) == through => people[meant],
                None => somebody_else(people, place, random),
            };
            if place == meant && other == relation {
                answer = value.into();
            }
            let fact = Fact {
                person: person.into(),
                relation: other,
                value: value.into(),
            };
            sentences.push(fact.sentence());
        }
        documents.push(sentences.join(" "));
    }
    let query = Query {
        person: people[named].into(),
        through,
        relation,
    };
    let category = match through {
        None => Category::OneHop,
        Some(_) => Category::TwoHop,
    };
    let problem = Problem::new(&query.text(), vec![answer], category);
    let problem = problem.map_err(|why| Error::Invalid(format!("scroll: {why}")))?;
    Ok((problem, documents.join("\n")))
}

/// Returns another person than the one at this place.
fn somebody_else<'a>(people: &[&'a str], place: usize, random: &mut Random) -> &'a str {
    let other = random.below(people.len() as u64 - 1) as usize;
    people[if other < place { other } else { other + 1 }]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::{BTreeMap, BTreeSet};

    use memloom_sdk::generated::Split;
    use memloom_sdk::text::{lower_words, sentences};

    use super::*;

    fn text(index: u64) -> Text {
        let place = Place {
            split: Split::Train,
            index,
        };
        texts(&Options::default(), place, 1).unwrap().remove(0)
    }

    fn facts(text: &Text) -> Vec<Fact> {
        let said = text.sections.iter().flat_map(|section| sentences(section));
        said.map(|sentence| Fact::parse(sentence).unwrap())
            .collect()
    }

    #[test]
    fn the_facts_of_a_text_give_one_answer() {
        for index in 0..200 {
            let text = text(index);
            let facts = facts(&text);
            assert_eq!(facts.len(), 8 * FACTS);
            let values = |person: &str, relation| -> Vec<&str> {
                let about = facts.iter();
                let about = about.filter(|fact| fact.person == person && fact.relation == relation);
                about.map(|fact| fact.value.as_str()).collect()
            };
            let query = Query::parse(&text.problem.question).unwrap();
            let meant = match query.through {
                None => vec![query.person.as_str()],
                Some(through) => values(&query.person, through),
            };
            assert_eq!(meant.len(), 1);
            assert_eq!(values(meant[0], query.relation), text.problem.answers);
        }
    }

    #[test]
    fn a_needle_is_in_any_section() {
        let mut places: BTreeMap<usize, u32> = BTreeMap::new();
        for index in 0..400 {
            let text = text(index);
            assert_eq!(text.sections.len(), 4);
            let query = Query::parse(&text.problem.question).unwrap();
            let about = |section: &String| section.contains(&format!("of {} is", query.person));
            let place = text.sections.iter().position(about).unwrap();
            *places.entry(place).or_default() += 1;
        }
        assert_eq!(places.len(), 4);
        assert!(places.values().all(|count| *count > 50), "{places:?}");
    }

    #[test]
    fn the_language_has_few_words_and_training_knows_all_of_them() {
        let words = |split| -> BTreeSet<String> {
            let place = |index| Place { split, index };
            let options = Options::default();
            let read = (0..300).flat_map(|index| texts(&options, place(index), 1).unwrap());
            let said = read.flat_map(|text| {
                let Text { problem, sections } = text;
                lower_words(&format!("{} {}", problem.question, sections.join(" ")))
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
    fn hops_bound_what_a_question_joins() {
        let place = Place {
            split: Split::HeldOut,
            index: 3,
        };
        for (hops, categories) in [(1, 1), (2, 2)] {
            let options = Options {
                hops,
                ..Options::default()
            };
            let texts = texts(&options, place, 30).unwrap();
            let found: BTreeSet<&str> = texts
                .iter()
                .map(|text| text.problem.category.name())
                .collect();
            assert_eq!(found.len(), categories);
            assert!(found.contains("one-hop"));
        }
    }
}
