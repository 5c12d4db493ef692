//! Sentences about what somebody bought for himself and liked.

use std::collections::BTreeMap;

use crate::shop::catalogue::{ASPECTS, Catalogue, Item};
use crate::stream::Memory;

const BOUGHT: &str = "I bought a ";
const LOVED: &str = ". I love the ";

/// Returns a review of an item in which its buyer likes one aspect.
#[must_use]
pub fn liking(catalogue: &Catalogue, category: usize, item: Item, aspect: usize) -> String {
    let item = catalogue.describe(category, item);
    format!("{BOUGHT}{item}{LOVED}{}.", ASPECTS[aspect])
}

/// The values that a person likes, by category and aspect.
pub type Likes = BTreeMap<(usize, usize), usize>;

/// Returns what a person has said to like. The latest review of an aspect holds.
#[must_use]
pub fn likes(catalogue: &Catalogue, memories: &[Memory<'_>], person: &str) -> Likes {
    let own = memories.iter().filter(|memory| memory.speaker == person);
    own.filter_map(|memory| {
        let (item, aspect) = memory.text.strip_prefix(BOUGHT)?.split_once(LOVED)?;
        let (category, item) = catalogue.read(item)?;
        let aspect = aspect.trim_end_matches('.');
        let aspect = ASPECTS.iter().position(|&known| known == aspect)?;
        Some(((category, aspect), item.0[aspect]))
    })
    .collect()
}
