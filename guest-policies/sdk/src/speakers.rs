//! The speakers so far and their aliases in prompts.

use std::cmp::Reverse;
use std::ops::Range;

use crate::text;
use serde::{Deserialize, Serialize};

/// The number of aliases that the model knows. Further speakers share the last.
const MAX_ALIASES: usize = 8;

/// The speakers in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Speakers(Vec<Speaker>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Speaker {
    name: String,
    /// Returns the name's words in lower case.
    words: Vec<String>,
}

impl From<Vec<String>> for Speakers {
    fn from(names: Vec<String>) -> Self {
        let speaker = |name: String| Speaker {
            words: text::lower_words(&name),
            name,
        };
        Self(names.into_iter().map(speaker).collect())
    }
}

impl From<Speakers> for Vec<String> {
    fn from(Speakers(speakers): Speakers) -> Self {
        speakers.into_iter().map(|speaker| speaker.name).collect()
    }
}

impl Speakers {
    /// Adds a new speaker.
    pub fn meet(&mut self, name: &str) {
        if self.place(name).is_none() {
            self.0.extend(Self::from(vec![name.to_string()]).0);
        }
    }

    /// The speakers in order of appearance.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|speaker| speaker.name.as_str())
    }

    /// Returns the alias of a speaker in prompts, `@1` for the first. An unknown name is
    /// returned unchanged.
    pub fn alias(&self, name: &str) -> String {
        self.place(name).map_or_else(|| name.to_string(), alias)
    }

    /// Replaces the names of known speakers in a text by their aliases.
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

    /// Returns the known speakers that a text names, each once, in the text's order.
    pub fn named(&self, text: &str) -> Vec<&str> {
        let mut named: Vec<&str> = Vec::new();
        for (place, ..) in self.mentions(text) {
            let name = self.0[place].name.as_str();
            if !named.contains(&name) {
                named.push(name);
            }
        }
        named
    }

    /// Returns the words and punctuation of a text as prompts and grammars of words have them: in lower
    /// case, with aliases for names, and without the operators of grammars. Each has its place in
    /// the text.
    pub fn said(&self, text: &str) -> Vec<(String, Range<usize>)> {
        // As long as the text, so that places hold.
        let plain = text.replace(['(', ')', '|'], " ");
        let mut said = Vec::new();
        let mut from = 0;
        let names = self.mentions(text).into_iter();
        let names = names.map(|(place, start, end)| (Some(place), start, end));
        for (name, start, end) in names.chain([(None, text.len(), text.len())]) {
            said.extend(text::pieces(&plain[from..start]).map(|(at, piece)| {
                let at = from + at;
                (piece.to_lowercase(), at..at + piece.len())
            }));
            said.extend(name.map(|place| (alias(place), start..end)));
            from = end;
        }
        said
    }

    /// Returns a text as prompts of words have it, a space between words.
    pub fn spoken(&self, text: &str) -> String {
        let said = self.said(text).into_iter().map(|(word, _)| word);
        said.collect::<Vec<_>>().join(" ")
    }

    fn place(&self, name: &str) -> Option<usize> {
        let mut known = self.0.iter();
        known.position(|known| text::same_but_case(name, &known.name))
    }

    /// Returns the known names that whole words of a text form: the speaker's index and the
    /// range of bytes. The longest name wins.
    fn mentions(&self, text: &str) -> Vec<(usize, usize, usize)> {
        let words: Vec<(usize, &str)> = text::word_indices(text).collect();
        let mut mentions = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let rest = &words[at..];
            let begins = |Speaker { words, .. }: &Speaker| {
                let mut pairs = rest.iter().zip(words);
                (1..=rest.len()).contains(&words.len())
                    && pairs.all(|((_, word), name)| text::same_but_case(word, name))
            };
            let found = (0..self.0.len()).filter(|&place| begins(&self.0[place]));
            // Among names of one length the first speaker wins.
            let Some(place) = found.min_by_key(|&place| Reverse(self.0[place].words.len())) else {
                at += 1;
                continue;
            };
            let length = self.0[place].words.len();
            let (last, word) = words[at + length - 1];
            mentions.push((place, words[at].0, last + word.len()));
            at += length;
        }
        mentions
    }
}

/// Returns all aliases, `@1` to `@8`.
pub fn aliases() -> impl Iterator<Item = String> {
    (0..MAX_ALIASES).map(alias)
}

/// Returns the alias of the speaker with this index.
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
    fn words_are_said_in_lower_case_with_aliases_and_know_their_place() {
        let text = "(Mary Lou): Is 7|8 ANN's?";
        let speakers = speakers(&["Ann", "Mary Lou"]);
        assert_eq!(speakers.spoken(text), "@2 : is 7 8 @1 ' s ?");
        let places = speakers.said(text).into_iter();
        let places: Vec<&str> = places.map(|(_, place)| &text[place]).collect();
        assert_eq!(
            places,
            ["Mary Lou", ":", "Is", "7", "8", "ANN", "'", "s", "?"]
        );
    }

    #[test]
    fn named_speakers_come_in_the_texts_order() {
        let speakers = speakers(&["Ann", "Ben"]);
        assert_eq!(speakers.named("Does Ben know ann? Ben?"), ["Ben", "Ann"]);
    }
}
