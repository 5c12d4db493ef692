//! The archive: sentences that are found by words.

use std::collections::BTreeSet;

use memloom_sdk::text::lower_words;

use crate::questions::world::World;

/// The most sentences that a search finds.
const SNIPPETS: usize = 3;
/// Words that are in every sentence.
const COMMON: [&str; 3] = ["the", "of", "is"];

/// Returns the sentences of the archive that share the most words with a query, best first,
/// ties in the archive's order.
#[must_use]
pub fn search(world: &World, query: &str) -> Vec<String> {
    let wanted = telling(query);
    let mut found: Vec<(usize, String)> = world
        .facts()
        .filter(|fact| world.is_written(fact.relation))
        .map(|fact| world.sentence(fact))
        .map(|sentence| (wanted.intersection(&telling(&sentence)).count(), sentence))
        .filter(|(shared, _)| *shared > 0)
        .collect();
    found.sort_by_key(|(shared, _)| usize::MAX - shared);
    found
        .into_iter()
        .take(SNIPPETS)
        .map(|(_, sentence)| sentence)
        .collect()
}

fn telling(text: &str) -> BTreeSet<String> {
    let words = lower_words(text).into_iter();
    words
        .filter(|word| !COMMON.contains(&word.as_str()))
        .collect()
}
