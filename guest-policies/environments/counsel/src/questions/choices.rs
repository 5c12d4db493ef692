//! The listed actions of a question.

use memloom_sdk::random::Random;

use crate::options::{Options, Tool};
use crate::questions::chain::Chain;
use crate::questions::kind::Kind;
use crate::questions::relation::Relation;
use crate::questions::world::World;

/// The number of things of a kind that are offered.
const OFFERED: usize = 6;

/// The listed actions of a question: for every relation in it a search or an inquiry about six
/// things, right and wrong ones, and six answers. The list tells nothing about the facts and
/// stays the same.
#[derive(Debug)]
pub struct Choices {
    inquiries: Vec<String>,
    answers: Vec<String>,
}

impl Choices {
    /// Draws the actions.
    #[must_use]
    pub fn new(options: &Options, world: &World, chain: &Chain, random: &mut Random) -> Self {
        let mut inquiries = Vec::new();
        let asked = |relation: &Relation| chain.relations().any(|one| one == *relation);
        for relation in Relation::ALL.into_iter().filter(asked) {
            let facts = chain.facts.iter();
            let needed = facts.filter(|fact| fact.relation == relation);
            let needed: Vec<usize> = needed.map(|fact| fact.subject).collect();
            let name = relation.name();
            let subjects = offered(world, relation.subject(), &needed, random);
            if options.tools.contains(&Tool::Search) && world.is_written(relation) {
                inquiries.extend(subjects.map(|subject| format!("search {name} {subject}")));
            } else if options.tools.contains(&Tool::Ask) {
                inquiries.extend(subjects.flat_map(|subject| {
                    let advisers = world.advisers.iter();
                    advisers
                        .map(move |adviser| format!("ask {}: {name} of {subject}", adviser.name))
                }));
            }
        }
        let gold = chain.facts.last().map(|&fact| world.value(fact));
        let answers = offered(world, chain.answers(), gold.as_slice(), random);
        Self {
            inquiries,
            answers: answers.map(|name| format!("answer {name}")).collect(),
        }
    }

    /// Returns all actions.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        [self.inquiries.as_slice(), &self.answers].concat()
    }

    /// Returns whether an action is listed.
    #[must_use]
    pub fn contain(&self, action: &str) -> bool {
        let mut all = self.inquiries.iter().chain(&self.answers);
        all.any(|listed| listed == action)
    }

    /// Returns one of the answers.
    pub fn guess(&self, random: &mut Random) -> String {
        random.pick(&self.answers).cloned().unwrap_or_default()
    }
}

/// Returns the names of the needed things and of others of their kind, in the world's order.
fn offered<'a>(
    world: &'a World,
    kind: Kind,
    needed: &[usize],
    random: &mut Random,
) -> impl Iterator<Item = &'a String> {
    let names = world.names(kind);
    let mut others: Vec<usize> = (0..names.len())
        .filter(|place| !needed.contains(place))
        .collect();
    random.shuffle(&mut others);
    others.truncate(OFFERED.saturating_sub(needed.len()));
    others.extend(needed);
    others.sort_unstable();
    others.into_iter().map(|place| &names[place])
}
