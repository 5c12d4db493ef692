//! Which entries have a text, found without looking at them all.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Numbers of entries by the hash of their text and speaker.
#[derive(Default)]
pub struct Known(BTreeSet<(u64, u64)>);

impl Known {
    /// Adds an entry.
    pub fn add(&mut self, number: u64, text: &str, speaker: &str) {
        self.0.insert((hash(text, speaker), number));
    }

    /// Takes the entry away that was added with these words.
    pub fn remove(&mut self, number: u64, text: &str, speaker: &str) {
        self.0.remove(&(hash(text, speaker), number));
    }

    /// Entries that may have these words, in order of their numbers: all that
    /// do, and any whose words have the same hash.
    pub fn numbers(&self, text: &str, speaker: &str) -> impl Iterator<Item = u64> {
        let hash = hash(text, speaker);
        let found = self.0.range((hash, 0)..=(hash, u64::MAX));
        found.map(|&(_, number)| number)
    }
}

fn hash(text: &str, speaker: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (text, speaker).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_text_and_speaker_until_they_are_removed() {
        let mut known = Known::default();
        known.add(2, "tea", "Ann");
        known.add(1, "tea", "Ann");
        known.add(3, "tea", "Bob");
        let numbers = |known: &Known| known.numbers("tea", "Ann").collect::<Vec<_>>();
        assert_eq!(numbers(&known), [1, 2]);
        known.remove(1, "tea", "Ann");
        assert_eq!(numbers(&known), [2]);
        assert_eq!(known.numbers("te", "aAnn").next(), None);
    }
}
