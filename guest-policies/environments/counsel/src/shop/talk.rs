//! Turns that say nothing about the speaker's own taste.

use memloom_sdk::random::Random;

use crate::shop::catalogue::{ASPECTS, CATEGORIES, Catalogue, Item};
use crate::stream::Line;

/// Sentences; `{i}` is an item, `{a}` an aspect.
const FILLERS: [&str; 6] = [
    "I bought a {i} for my nephew. He loves the {a}.",
    "My sister has a {i}. She loves the {a}.",
    "I bought a {i}. I sent it back because of the {a}.",
    "I saw a {i} today and did not buy it.",
    "The shop was full this morning.",
    "I need no more things for a while.",
];

/// Draws a turn that nobody needs to remember.
pub fn filler(people: &[String], catalogue: &Catalogue, random: &mut Random) -> Line {
    let category = random.below(CATEGORIES.len() as u64) as usize;
    let item = catalogue.describe(category, Item::draw(random));
    let aspect = ASPECTS[random.below(ASPECTS.len() as u64) as usize];
    let sentence = FILLERS[random.below(FILLERS.len() as u64) as usize];
    Line {
        speaker: people[random.below(people.len() as u64) as usize].clone(),
        text: sentence.replace("{i}", &item).replace("{a}", aspect),
        needed: false,
    }
}
