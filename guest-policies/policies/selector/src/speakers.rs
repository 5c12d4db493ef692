//! Who has spoken so far, and what prompts call them.

use memloom_guest::text;
use serde::{Deserialize, Serialize};

/// As many aliases as the model knows. Speakers beyond share the last.
pub const MAX_ALIASES: usize = 8;

/// Speakers in the order in which they were met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speakers(Vec<String>);

impl Speakers {
    /// Adds a speaker who is not known yet.
    pub fn meet(&mut self, name: &str) {
        if self.place(name).is_none() {
            self.0.push(name.to_string());
        }
    }

    /// In the order in which they were met.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// What prompts call a speaker: `@1` is the first one met. A name that is
    /// not known stays as it is.
    pub fn alias(&self, name: &str) -> String {
        self.place(name).map_or_else(|| name.to_string(), alias)
    }

    /// A text with the names of known speakers replaced by their aliases.
    pub fn masked(&self, original: &str) -> String {
        let mut masked = String::with_capacity(original.len());
        let mut copied = 0;
        for (place, start, end) in self.mentions(original) {
            masked.push_str(&original[copied..start]);
            masked.push_str(&alias(place));
            copied = end;
        }
        masked.push_str(&original[copied..]);
        masked
    }

    /// The known speakers whom a text names, each once, in the text's order.
    pub fn named(&self, text: &str) -> Vec<&str> {
        let mut named: Vec<&str> = Vec::new();
        for (place, ..) in self.mentions(text) {
            let name = self.0[place].as_str();
            if !named.contains(&name) {
                named.push(name);
            }
        }
        named
    }

    fn place(&self, name: &str) -> Option<usize> {
        let lower = name.to_lowercase();
        self.0
            .iter()
            .position(|known| known.to_lowercase() == lower)
    }

    /// Where whole words make up a known name: its place here, and the bytes
    /// from and to which it stands there. The longest name wins.
    fn mentions(&self, text: &str) -> Vec<(usize, usize, usize)> {
        let words: Vec<(usize, &str)> = text::word_indices(text).collect();
        let mut names: Vec<(usize, Vec<String>)> = self
            .iter()
            .map(text::lower_words)
            .enumerate()
            .filter(|(_, name)| !name.is_empty())
            .collect();
        names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        let mut mentions = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let found = names.iter().find(|(_, name)| {
                let rest = words[at..].iter().map(|(_, word)| *word);
                words.len() - at >= name.len()
                    && rest.zip(name).all(|(word, name)| same(word, name))
            });
            let Some((place, name)) = found else {
                at += 1;
                continue;
            };
            let (last, word) = words[at + name.len() - 1];
            mentions.push((*place, words[at].0, last + word.len()));
            at += name.len();
        }
        mentions
    }
}

/// Whether a word is a name that is already lower-cased; most words differ in
/// their first letter, so nothing is copied.
fn same(word: &str, lower: &str) -> bool {
    word.chars().flat_map(char::to_lowercase).eq(lower.chars())
}

/// The alias of the speaker at a place.
fn alias(place: usize) -> String {
    format!("@{}", (place + 1).min(MAX_ALIASES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speakers(names: &[&str]) -> Speakers {
        let mut speakers = Speakers::default();
        names.iter().for_each(|name| speakers.meet(name));
        speakers
    }

    #[test]
    fn speakers_are_numbered_as_they_are_met() {
        let speakers = speakers(&["Anna", "Ben", "anna"]);
        assert_eq!(speakers.iter().collect::<Vec<_>>(), ["Anna", "Ben"]);
        assert_eq!(speakers.alias("BEN"), "@2");
        assert_eq!(speakers.alias("Cleo"), "Cleo");
    }

    #[test]
    fn speakers_beyond_the_last_alias_share_it() {
        let names: Vec<String> = (0..10).map(|i| format!("name{i}")).collect();
        let speakers = speakers(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(speakers.alias("name6"), "@7");
        assert_eq!(speakers.alias("name7"), "@8");
        assert_eq!(speakers.alias("name9"), "@8");
    }

    #[test]
    fn only_whole_names_are_masked() {
        let speakers = speakers(&["Ann", "Mary Lou", "Mary"]);
        assert_eq!(
            speakers.masked("ANN's friends: Annika, Mary-Lou and mary; Tann"),
            "@1's friends: Annika, @2 and @3; Tann"
        );
        assert_eq!(speakers.masked("nobody"), "nobody");
    }

    #[test]
    fn named_speakers_come_in_the_texts_order() {
        let speakers = speakers(&["Ann", "Ben"]);
        assert_eq!(speakers.named("Does Ben know ann? Ben?"), ["Ben", "Ann"]);
    }
}
