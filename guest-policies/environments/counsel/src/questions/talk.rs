//! Dialogues, in which two people tell facts and whom they trust.

use std::rc::Rc;

use memloom_sdk::random::Random;

use crate::questions::adviser::Competence;
use crate::questions::kind::Kind;
use crate::questions::knowledge::trusting;
use crate::questions::world::{Fact, World};
use crate::stream::Line;

/// The number of people who talk.
const SPEAKERS: usize = 2;
/// The most opinions in a dialogue.
const OPINIONS: usize = 2;
/// The probability that a turn without a use is a lure and no small talk.
const LURES: f64 = 0.5;

/// Beginnings of sentences that state no fact.
const LURING: [&str; 3] = [
    "I dreamt that",
    "Somebody joked that",
    "Nobody believes that",
];

/// Small talk.
const SMALL: [&str; 8] = [
    "What a nice day it is.",
    "I slept badly last night.",
    "It is good to see you.",
    "Let us talk again soon.",
    "I am a little tired today.",
    "That made me laugh so much.",
    "We should meet more often.",
    "Tell me more about it.",
];

/// An experience with an adviser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The place of the adviser.
    pub adviser: usize,
    /// The domain.
    pub domain: usize,
    /// True if he is good at it.
    pub trusted: bool,
}

/// The subjects of talk.
pub struct Talk {
    world: Rc<World>,
    /// The opinions that were not told yet.
    untold: Vec<Opinion>,
}

impl Talk {
    /// Returns a talk that has told nothing.
    pub fn new(world: Rc<World>, random: &mut Random) -> Self {
        let domains = world.domains().len();
        let advisers = world.advisers.iter().enumerate();
        let mut untold: Vec<Opinion> = advisers
            .flat_map(|(adviser, known)| {
                (0..domains).map(move |domain| Opinion {
                    adviser,
                    domain,
                    trusted: known.competence[domain] == Competence::Good,
                })
            })
            .collect();
        random.shuffle(&mut untold);
        Self { world, untold }
    }

    /// Returns the names of the people who talk.
    #[must_use]
    pub fn speakers(&self) -> &[String] {
        &self.world.names(Kind::Person)[..SPEAKERS]
    }

    /// Returns opinions that were not told before.
    pub fn opinions(&mut self) -> Vec<Opinion> {
        let kept = self.untold.len().saturating_sub(OPINIONS);
        self.untold.split_off(kept)
    }

    /// Returns a dialogue of this many turns with these facts and opinions in any order.
    pub fn lines(
        &self,
        facts: &[Fact],
        opinions: &[Opinion],
        turns: u32,
        random: &mut Random,
    ) -> Vec<Line> {
        let told = facts.iter().map(|&fact| self.world.sentence(fact));
        let judged = opinions.iter().map(|opinion| {
            let name = &self.world.advisers[opinion.adviser].name;
            trusting(name, opinion.domain, opinion.trusted)
        });
        let mut said: Vec<(String, bool)> = told.chain(judged).map(|text| (text, true)).collect();
        while said.len() < turns as usize {
            said.push((self.filler(random), false));
        }
        random.shuffle(&mut said);
        let line = |(text, needed)| Line {
            speaker: self.speakers()[random.below(SPEAKERS as u64) as usize].clone(),
            text,
            needed,
        };
        said.into_iter().map(line).collect()
    }

    /// Returns a sentence that nobody needs to remember.
    fn filler(&self, random: &mut Random) -> String {
        let facts: Vec<Fact> = self.world.facts().collect();
        match random.pick(&facts) {
            Some(&fact) if random.chance(LURES) => {
                let beginning = LURING[random.below(LURING.len() as u64) as usize];
                let wrong = self.world.error(fact, random).replacen("The", "the", 1);
                format!("{beginning} {wrong}")
            }
            _ => SMALL[random.below(SMALL.len() as u64) as usize].into(),
        }
    }
}
