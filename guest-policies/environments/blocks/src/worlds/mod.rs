//! The worlds.

use memloom_sdk::random::Random;
use serde::{Deserialize, Serialize};

use crate::domain::{Domain, Instance};

mod blocksworld;
mod gripper;
mod names;

pub use names::{COLOURS, HANDS, ROOMS};

/// A world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Blocks that are stacked with one hand.
    Blocksworld,
    /// Balls that are carried from room to room with two hands.
    Gripper,
}

impl World {
    /// Returns the rules.
    #[must_use]
    pub fn domain(self) -> &'static Domain {
        match self {
            Self::Blocksworld => &blocksworld::DOMAIN,
            Self::Gripper => &gripper::DOMAIN,
        }
    }

    /// Returns an instance with this many blocks or balls. Its goal may be empty, or hold at the
    /// start.
    pub fn draw(self, size: u32, random: &mut Random) -> Instance {
        let mut colours = COLOURS;
        random.shuffle(&mut colours);
        let colours = colours[..COLOURS.len().min(size as usize)].to_vec();
        match self {
            Self::Blocksworld => blocksworld::draw(colours, random),
            Self::Gripper => gripper::draw(colours, random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filled;

    #[test]
    fn every_sentence_of_a_rule_is_a_fact_of_its_world() {
        for world in [World::Blocksworld, World::Gripper] {
            let domain = world.domain();
            let things = world.draw(3, &mut Random::new(1)).things;
            let all = |sentence: &'static str| {
                let given = domain.assignments(sentence, &things);
                given.into_iter().map(move |given| filled(sentence, &given))
            };
            let facts: Vec<String> = domain.facts.iter().flat_map(|it| all(it)).collect();
            for rule in domain.rules {
                for given in domain.assignments(rule.words, &things) {
                    for sentence in [rule.needs, rule.adds, rule.removes].concat() {
                        let sentence = filled(sentence, &given);
                        assert!(facts.contains(&sentence), "{sentence}");
                    }
                }
            }
            let instance = world.draw(5, &mut Random::new(2));
            assert_eq!(instance.things[0].len(), 5);
        }
    }
}
