//! A lookup of entries by text and speaker.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The numbers of entries by the hash of their text and speaker.
#[derive(Default)]
pub struct Known(BTreeSet<(u64, u64)>);

impl Known {
    /// Adds an entry.
    pub fn add(&mut self, number: u64, text: &str, speaker: &str) {
        self.0.insert((hash(text, speaker), number));
    }

    /// Removes the entry that was added with this text and speaker.
    pub fn remove(&mut self, number: u64, text: &str, speaker: &str) {
        self.0.remove(&(hash(text, speaker), number));
    }

    /// Returns the entries that may have this text and speaker, in order of their numbers.
    /// An entry with another text can be among them if the hashes are equal.
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
