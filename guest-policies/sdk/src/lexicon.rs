//! The closed language of an environment: the cues and values of each kind.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::text;
use crate::types::LexiconKind;

/// Returns the words of a closed language in which actions can be said under a grammar.
pub fn sayable(lexicon: &[LexiconKind]) -> BTreeSet<String> {
    let values = lexicon.iter().flat_map(|kind| &kind.values);
    let words = values.flat_map(|value| {
        let words = text::apart(&value.to_lowercase());
        words.split(' ').map(String::from).collect::<Vec<_>>()
    });
    let can_be_said = |word: &String| !word.is_empty() && !word.contains(['(', ')', '|']);
    words.filter(can_be_said).collect()
}

/// All kinds in the environment's order. Empty if the language is open.
#[derive(Default)]
pub struct Lexicon(Vec<Kind>);

/// A kind of value.
pub struct Kind {
    /// Its cues in lower case, as one query.
    pub query: String,
    cues: Vec<Vec<String>>,
    values: Vec<Vec<String>>,
}

/// A value in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value as in the text, with adjacent numbers: `May 12`.
    pub words: String,
    /// The value in lower case, for comparison.
    pub lower: String,
}

impl Lexicon {
    /// Returns the lexicon of an environment's description.
    pub fn new(kinds: &[LexiconKind]) -> Self {
        let sequences = |words: &[String]| -> Vec<Vec<String>> {
            let sequences = words.iter().map(|words| text::lower_words(words));
            sequences.filter(|words| !words.is_empty()).collect()
        };
        let kinds = kinds.iter().map(|kind| Kind {
            query: kind.cues.join(" ").to_lowercase(),
            cues: sequences(&kind.cues),
            values: sequences(&kind.values),
        });
        Self(kinds.collect())
    }

    /// Returns whether the language is open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the words of all values in lower case, each once.
    pub fn words(&self) -> BTreeSet<String> {
        let values = self.0.iter().flat_map(|kind| &kind.values);
        values.flatten().cloned().collect()
    }

    /// Returns the kinds that a question asks for: those with most cues in it first, then
    /// those with the longest.
    pub fn asked(&self, question: &str) -> Vec<&Kind> {
        let words = text::lower_words(question);
        let mut asked: Vec<(usize, usize, &Kind)> = Vec::new();
        for kind in &self.0 {
            let found = kind.cues.iter().filter(|cue| find(&words, cue).is_some());
            let lengths: Vec<usize> = found.map(|cue| cue.concat().len()).collect();
            if let Some(&longest) = lengths.iter().max() {
                asked.push((lengths.len(), longest, kind));
            }
        }
        asked.sort_by_key(|&(count, longest, _)| std::cmp::Reverse((count, longest)));
        asked.into_iter().map(|(.., kind)| kind).collect()
    }

    /// Returns the kinds of which a text names a value, in the lexicon's order.
    pub fn valued(&self, text: &str) -> Vec<(&Kind, Value)> {
        let kinds = self.0.iter();
        kinds
            .filter_map(|kind| Some((kind, kind.value(text)?)))
            .collect()
    }
}

impl Kind {
    /// Returns the first value in a text; of two that begin together the longer.
    pub fn value(&self, text: &str) -> Option<Value> {
        let words: Vec<&str> = text::words(text).collect();
        let lower: Vec<Cow<str>> = words.iter().map(|word| lower(word)).collect();
        let places = self
            .values
            .iter()
            .filter_map(|value| Some((find(&lower, value)?, value)));
        let (start, value) = places.min_by_key(|(at, value)| (*at, usize::MAX - value.len()))?;
        let is_number = |word: &&&str| word.bytes().all(|b| b.is_ascii_digit());
        let end = start + value.len();
        let before = words[..start].iter().rev().take_while(is_number).count();
        let after = words[end..].iter().take_while(is_number).count();
        let span = start - before..end + after;
        Some(Value {
            words: words[span.clone()].join(" "),
            lower: lower[span].join(" "),
        })
    }

    /// Returns whether its values are people, this one among them.
    pub fn relates(&self, person: &str) -> bool {
        self.values.contains(&text::lower_words(person))
    }
}

fn find(words: &[impl AsRef<str>], sequence: &[String]) -> Option<usize> {
    let same = |window: &[_]| {
        let mut pairs = window.iter().zip(sequence);
        pairs.all(|(word, wanted): (&_, _)| AsRef::<str>::as_ref(word) == wanted)
    };
    words.windows(sequence.len()).position(same)
}

/// Returns the word in lower case, without a copy if it is already.
fn lower(word: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if word.bytes().all(is_lower) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, cues: &[&str], values: &[&str]) -> LexiconKind {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        LexiconKind {
            name: name.into(),
            cues: owned(cues),
            values: owned(values),
        }
    }

    fn lexicon() -> Lexicon {
        Lexicon::new(&[
            kind(
                "city",
                &["live", "home town"],
                &["rome", "new york", "york"],
            ),
            kind("trip", &["trip"], &["may", "june"]),
            kind("friend", &["friend"], &["anna"]),
        ])
    }

    fn value(place: usize, text: &str) -> Option<String> {
        lexicon().0[place].value(text).map(|value| value.words)
    }

    #[test]
    fn numbers_beside_a_value_belong_to_it() {
        assert_eq!(value(1, "on May 12, not June 3").as_deref(), Some("May 12"));
        assert_eq!(value(1, "the 12 may 2023!").as_deref(), Some("12 may 2023"));
        assert_eq!(value(1, "a trip"), None);
    }

    #[test]
    fn the_first_value_counts_and_of_two_there_the_longer() {
        assert_eq!(
            value(0, "to New York from Rome").as_deref(),
            Some("New York")
        );
        assert_eq!(value(0, "romes"), None);
    }

    #[test]
    fn kinds_with_more_and_longer_cues_come_first() {
        let lexicon = lexicon();
        let queries = |question: &str| -> Vec<&str> {
            lexicon
                .asked(question)
                .iter()
                .map(|kind| kind.query.as_str())
                .collect()
        };
        assert_eq!(
            queries("Does a friend on a trip live in their home town?"),
            ["live home town", "friend", "trip"]
        );
        assert!(queries("how are you").is_empty());
    }

    #[test]
    fn people_are_values_of_kinds_that_relate() {
        assert!(lexicon().0[2].relates("Anna"));
        assert!(!lexicon().0[0].relates("Anna"));
    }
}
