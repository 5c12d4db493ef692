//! Questions over one to three relations.

use crate::questions::kind::Kind;
use crate::questions::relation::Relation;
use crate::questions::world::{Fact, World};

/// A question: it starts at a thing and follows relations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The facts in order. The value of each is the subject of the next.
    pub facts: Vec<Fact>,
}

impl Chain {
    /// Returns all questions of this many relations, none of which needs a fact twice.
    #[must_use]
    pub fn all(world: &World, hops: usize) -> Vec<Self> {
        let mut chains: Vec<Vec<Fact>> = world.facts().map(|fact| vec![fact]).collect();
        for _ in 1..hops {
            chains = chains
                .iter()
                .flat_map(|facts| {
                    let next = facts.last().into_iter().flat_map(|&last| next(world, last));
                    next.filter(|fact| !facts.contains(fact))
                        .map(|fact| [facts.as_slice(), &[fact]].concat())
                })
                .collect();
        }
        chains.into_iter().map(|facts| Self { facts }).collect()
    }

    /// Returns the relations in order.
    pub fn relations(&self) -> impl DoubleEndedIterator<Item = Relation> {
        self.facts.iter().map(|fact| fact.relation)
    }

    /// Returns the name of the thing that it starts at.
    #[must_use]
    pub fn start<'a>(&self, world: &'a World) -> &'a str {
        let fact = self.facts[0];
        &world.names(fact.relation.subject())[fact.subject]
    }

    /// Returns the right answer.
    #[must_use]
    pub fn gold<'a>(&self, world: &'a World) -> &'a str {
        let last = self.facts[self.facts.len() - 1];
        &world.names(self.answers())[world.value(last)]
    }

    /// Returns the kind of its answers.
    #[must_use]
    pub fn answers(&self) -> Kind {
        self.facts[self.facts.len() - 1].relation.value()
    }

    /// Returns the question, for instance `What is the river of the base of Amber Mills?`.
    #[must_use]
    pub fn question(&self, world: &World) -> String {
        let path: Vec<String> = self
            .relations()
            .rev()
            .map(|relation| format!("the {} of ", relation.name()))
            .collect();
        let word = match self.answers() {
            Kind::Person => "Who",
            _ => "What",
        };
        format!("{word} is {}{}?", path.concat(), self.start(world))
    }
}

/// Returns the facts about the value of a fact.
fn next(world: &World, fact: Fact) -> impl Iterator<Item = Fact> {
    let subject = world.value(fact);
    Relation::of(fact.relation.value()).map(move |relation| Fact { relation, subject })
}
