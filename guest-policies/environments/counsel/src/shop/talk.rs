//! Sentences that say nothing about the speaker's own taste.

use memloom_sdk::random::Random;

use crate::shop::catalogue::{ASPECTS, Catalogue, Item};

/// The probability of a lure.
const LURES: f64 = 0.5;

/// Sentences about the taste of others; `{i}` is an item, `{a}` an aspect.
const LURING: [&str; 3] = [
    "I bought a {i} for my nephew. He loves the {a}.",
    "I bought a {i} for my boss. She loves the {a}.",
    "My sister has a {i}. She loves the {a}.",
];

/// Sentences about nobody's taste.
const SMALL: [&str; 4] = [
    "I bought a {i}. I sent it back because of the {a}.",
    "I saw a {i} today and did not buy it.",
    "The shop was full this morning.",
    "I need no more things for a while.",
];

/// Draws a sentence about a category, or about nothing, that nobody needs to remember.
pub fn filler(catalogue: &Catalogue, category: usize, random: &mut Random) -> String {
    let sentences: &[&str] = match random.chance(LURES) {
        true => &LURING,
        false => &SMALL,
    };
    let sentence = sentences[random.below(sentences.len() as u64) as usize];
    let item = catalogue.describe(category, Item::draw(random));
    let aspect = ASPECTS[random.below(ASPECTS.len() as u64) as usize];
    sentence.replace("{i}", &item).replace("{a}", aspect)
}
