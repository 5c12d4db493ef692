//! The words of a text that a demonstrator would look it up by.

use std::collections::BTreeSet;

use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::text::{lower_words, words};

/// The fewest letters of a word in an open language.
const LETTERS: usize = 5;

/// Returns the words of a text, in lower case and in order, that are worth a keyword: in a closed
/// language its cues and values, in an open one the longer words.
pub fn salient(lexicon: &Lexicon, text: &str) -> Vec<String> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for kind in lexicon.asked(text) {
        wanted.extend(lower_words(&kind.query));
    }
    for (_, value) in lexicon.valued(text) {
        wanted.extend(lower_words(&value.words));
    }
    let is_long = |word: &str| lexicon.is_empty() && word.chars().count() >= LETTERS;
    let mut found: Vec<String> = Vec::new();
    for word in words(text).map(str::to_lowercase) {
        if (wanted.contains(&word) || is_long(&word)) && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::LexiconKind;

    #[test]
    fn cues_and_values_are_salient_or_long_words_in_an_open_language() {
        let lexicon = Lexicon::new(&[LexiconKind {
            name: "trip".into(),
            cues: vec!["trip".into()],
            values: vec!["may".into()],
        }]);
        let text = "My trip to Iceland is on May 12, my only trip.";
        assert_eq!(salient(&lexicon, text), ["trip", "may", "12"]);
        assert_eq!(salient(&Lexicon::default(), text), ["iceland"]);
        assert_eq!(salient(&lexicon, "How are you?"), [""; 0]);
    }
}
