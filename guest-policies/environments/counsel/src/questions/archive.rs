//! The archive: sentences that are found by words.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use memloom_sdk::text::lower_words;

use crate::questions::world::World;

/// The most sentences that a search finds.
const SNIPPETS: usize = 3;
/// Words that are in every sentence.
const COMMON: [&str; 3] = ["the", "of", "is"];

/// Returns the sentences of the archive that share the most words with a query, best first.
/// Among equals those come first whose subject and relation share more.
#[must_use]
pub fn search(world: &World, query: &str) -> Vec<String> {
    let wanted = telling(query);
    let shared = |text: &str| wanted.intersection(&telling(text)).count();
    let mut found: Vec<((usize, usize), String)> = world
        .facts()
        .filter(|fact| world.is_written(fact.relation))
        .map(|fact| world.sentence(fact))
        .map(|sentence| {
            let asked = sentence.split(" is ").next().unwrap_or_default();
            ((shared(&sentence), shared(asked)), sentence)
        })
        .filter(|((shared, _), _)| *shared > 0)
        .collect();
    found.sort_by_key(|(shared, _)| Reverse(*shared));
    let best = found.into_iter().take(SNIPPETS);
    best.map(|(_, sentence)| sentence).collect()
}

fn telling(text: &str) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = lower_words(text).into_iter().collect();
    words.retain(|word| !COMMON.contains(&word.as_str()));
    words
}
