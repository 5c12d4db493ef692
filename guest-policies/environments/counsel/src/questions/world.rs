//! The facts of an episode, and what advisers take for facts.

use memloom_sdk::random::Random;

use crate::options::{Options, Tool};
use crate::questions::adviser::{self, Adviser};
use crate::questions::kind::{DOMAINS, Kind};
use crate::questions::relation::Relation;
use crate::seed;
use memloom_sdk::generated::Address;

/// A relation of one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The relation.
    pub relation: Relation,
    /// The place of the subject among the names of its kind.
    pub subject: usize,
}

/// The values of all relations: by relation, then by subject.
type Values = [Vec<usize>; Relation::ALL.len()];

/// The facts of an episode.
#[derive(Debug)]
pub struct World {
    names: [Vec<String>; Kind::ALL.len()],
    values: Values,
    beliefs: Vec<Values>,
    /// The number of domains that there are facts of.
    domains: usize,
    /// The advisers.
    pub advisers: Vec<Adviser>,
    /// The relations that the archive does not have.
    pub unwritten: Vec<Relation>,
}

impl World {
    /// Draws the facts of an episode.
    #[must_use]
    pub fn new(options: &Options, address: &Address) -> Self {
        let mut random = seed::world(options.seed, address);
        let names = Kind::ALL.map(|kind| {
            let count = match kind {
                Kind::Adviser => options.advisers,
                _ => options.entities,
            };
            kind.names(address.split, count, &mut random)
        });
        let count = options.entities as usize;
        let values = Relation::ALL.map(|relation| {
            let value = |subject| drawn(relation, subject, None, count, &mut random);
            (0..count).map(value).collect()
        });
        let advisers = adviser::draw(&names[Kind::Adviser as usize], options.honesty, &mut random);
        let beliefs = advisers
            .iter()
            .map(|adviser| beliefs(adviser, &values, &mut random))
            .collect();
        Self {
            unwritten: unwritten(options, &mut random),
            domains: options.domains as usize,
            names,
            values,
            beliefs,
            advisers,
        }
    }

    /// Returns the names of a kind.
    #[must_use]
    pub fn names(&self, kind: Kind) -> &[String] {
        &self.names[kind as usize]
    }

    /// Returns the place of a fact's value among the names of its kind.
    #[must_use]
    pub fn value(&self, fact: Fact) -> usize {
        self.values[fact.relation as usize][fact.subject]
    }

    /// Returns the sentence that states a fact.
    #[must_use]
    pub fn sentence(&self, fact: Fact) -> String {
        self.stating(fact, self.value(fact))
    }

    /// Returns what an adviser, by his place, says about a fact.
    #[must_use]
    pub fn belief(&self, adviser: usize, fact: Fact) -> String {
        let value = self.beliefs[adviser][fact.relation as usize][fact.subject];
        self.stating(fact, value)
    }

    /// Returns a sentence that gives a fact a wrong value.
    #[must_use]
    pub fn error(&self, fact: Fact, random: &mut Random) -> String {
        let Fact { relation, subject } = fact;
        let count = self.names(relation.value()).len();
        let wrong = drawn(relation, subject, Some(self.value(fact)), count, random);
        self.stating(fact, wrong)
    }

    /// Returns whether the archive has a relation.
    #[must_use]
    pub fn is_written(&self, relation: Relation) -> bool {
        !self.unwritten.contains(&relation)
    }

    /// Returns the domains that there are facts of.
    #[must_use]
    pub fn domains(&self) -> &'static [&'static str] {
        &DOMAINS[..self.domains]
    }

    /// Returns all facts in order.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        let known = |relation: &Relation| relation.domain() < self.domains;
        let relations = Relation::ALL.into_iter().filter(known);
        relations.flat_map(|relation| {
            let subjects = 0..self.names(relation.subject()).len();
            subjects.map(move |subject| Fact { relation, subject })
        })
    }

    fn stating(&self, fact: Fact, value: usize) -> String {
        let subject = &self.names(fact.relation.subject())[fact.subject];
        let value = &self.names(fact.relation.value())[value];
        fact.relation.sentence(subject, value)
    }
}

/// Draws the place of a value among `count`: not this one, and not the subject itself.
fn drawn(
    relation: Relation,
    subject: usize,
    not: Option<usize>,
    count: usize,
    random: &mut Random,
) -> usize {
    let itself = (relation.value() == relation.subject()).then_some(subject);
    let others = (0..count).filter(|&place| Some(place) != itself && Some(place) != not);
    let others: Vec<usize> = others.collect();
    random.pick(&others).copied().unwrap_or_default()
}

/// Draws what an adviser takes for the values: wrong ones are those of other things.
fn beliefs(adviser: &Adviser, values: &Values, random: &mut Random) -> Values {
    Relation::ALL.map(|relation| {
        let known = adviser.competence[relation.domain()].probability();
        let values = &values[relation as usize];
        let belief = |(subject, &value)| match random.chance(known) {
            true => value,
            false => drawn(relation, subject, Some(value), values.len(), random),
        };
        values.iter().enumerate().map(belief).collect()
    })
}

/// Draws the relations that the archive does not have: one of each domain if there are
/// advisers too, none if there is only the archive, and all if there is none.
fn unwritten(options: &Options, random: &mut Random) -> Vec<Relation> {
    let can = |tool| options.tools.contains(&tool);
    let mut unwritten: Vec<Relation> = match (can(Tool::Search), can(Tool::Ask)) {
        (true, true) => Kind::SUBJECTS
            .into_iter()
            .filter_map(|kind| {
                let relations: Vec<Relation> = Relation::of(kind).collect();
                random.pick(&relations).copied()
            })
            .collect(),
        (true, false) => Vec::new(),
        (false, _) => Relation::ALL.to_vec(),
    };
    unwritten.retain(|relation| relation.domain() < options.domains as usize);
    unwritten
}

const _: () = assert!(Relation::ALL.len() == DOMAINS.len() * Kind::SUBJECTS.len());

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::questions::adviser::Competence;
    use memloom_sdk::generated::Split;

    fn world(json: &str, index: u64) -> World {
        let address = Address {
            split: Split::Train,
            index,
            sessions: 8,
        };
        World::new(&Options::parse(json).unwrap(), &address)
    }

    #[test]
    fn nobody_is_told_to_be_his_own_mentor() {
        let relation = Relation::Mentor;
        for (index, subject) in (0..50).flat_map(|index| (0..6).map(move |one| (index, one))) {
            let world = world("{}", index);
            let fact = Fact { relation, subject };
            let name = &world.names(Kind::Person)[subject];
            let own = relation.sentence(name, name);
            assert_ne!(world.sentence(fact), own);
            assert_ne!(world.error(fact, &mut Random::new(index)), own);
            assert!((0..3).all(|adviser| world.belief(adviser, fact) != own));
        }
    }

    #[test]
    fn advisers_are_right_as_often_as_they_are_competent() {
        let mut counts = [(0_u32, 0_u32); 3];
        for index in 0..60 {
            let world = world("{}", index);
            for (place, adviser) in world.advisers.iter().enumerate() {
                for fact in world.facts() {
                    let count = &mut counts[adviser.competence[fact.relation.domain()] as usize];
                    count.0 += 1;
                    count.1 += u32::from(world.belief(place, fact) == world.sentence(fact));
                }
            }
        }
        for competence in [Competence::Good, Competence::Fair, Competence::Poor] {
            let (asked, right) = counts[competence as usize];
            let share = f64::from(right) / f64::from(asked);
            assert!((share - competence.probability()).abs() < 0.03, "{share}");
        }
    }

    #[test]
    fn the_archive_has_what_the_tools_allow() {
        let counts = [
            r#"{"tools": ["search", "ask"]}"#,
            r#"{"tools": ["search"]}"#,
            r#"{"tools": ["ask"]}"#,
            r#"{"tools": ["ask"], "domains": 2}"#,
        ]
        .map(|json| world(json, 0).unwritten.len());
        assert_eq!(counts, [3, 0, 9, 6]);
    }
}
