//! Constrained answers: a value of the environment's closed language that the memory names.

use std::collections::BTreeSet;

use memloom_sdk::text::{lower_words, sentences};
use memloom_sdk::types::LexiconKind;

/// The answer that is no value.
pub const UNKNOWN: &str = "unknown";

/// The values that answers may be, in lower case.
#[derive(Default)]
pub struct Values(Vec<Vec<String>>);

impl Values {
    /// Returns the values of a closed language.
    pub fn new(lexicon: &[LexiconKind]) -> Self {
        let values = lexicon.iter().flat_map(|kind| &kind.values);
        let words: BTreeSet<Vec<String>> = values.map(|value| lower_words(value)).collect();
        Self(
            words
                .into_iter()
                .filter(|words| !words.is_empty())
                .collect(),
        )
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the words of all values, each once.
    pub fn words(&self) -> BTreeSet<String> {
        self.0.iter().flatten().cloned().collect()
    }

    /// Returns the values that a text names, each once, in the text's order.
    pub fn named(&self, text: &str) -> Vec<String> {
        let words = lower_words(text);
        let mut named = Vec::new();
        for place in 0..words.len() {
            let here = self
                .0
                .iter()
                .filter(|value| words[place..].starts_with(value));
            for value in here.map(|value| value.join(" ")) {
                if !named.contains(&value) {
                    named.push(value);
                }
            }
        }
        named
    }

    /// Returns the value in the sentence of a memory that has the most words of a question; none if
    /// that sentence names no value.
    pub fn best(&self, memory: &str, question: &str) -> Option<String> {
        let sentence = best_sentence(memory, question)?;
        self.named(sentence).into_iter().next()
    }
}

/// Returns the first of the sentences of a memory that have the most words of a question.
pub fn best_sentence<'a>(memory: &'a str, question: &str) -> Option<&'a str> {
    let asked: BTreeSet<String> = lower_words(question).into_iter().collect();
    let shared = |sentence: &str| {
        let words: BTreeSet<String> = lower_words(sentence).into_iter().collect();
        words.intersection(&asked).count()
    };
    let mut best: Option<(usize, &str)> = None;
    for sentence in sentences(memory) {
        let count = shared(sentence);
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, sentence));
        }
    }
    best.map(|(_, sentence)| sentence)
}

/// Returns the grammar of an answer: `(rome | red cup | unknown)`.
pub fn grammar(named: &[String]) -> String {
    let choices = named.iter().map(String::as_str).chain([UNKNOWN]);
    format!("({})", choices.collect::<Vec<_>>().join(" | "))
}

/// Returns the most words of an answer.
pub fn most_words(named: &[String]) -> u32 {
    let words = named.iter().map(|value| value.split(' ').count() as u32);
    words.max().unwrap_or(1)
}

/// Reads an answer; none if it is malformed, an empty text if it is unknown.
pub fn parse<'a>(output: &str, named: &'a [String]) -> Option<&'a str> {
    let said = lower_words(output).join(" ");
    match said == UNKNOWN {
        true => Some(""),
        false => named
            .iter()
            .find(|value| **value == said)
            .map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let kind = |name: &str, values: &[&str]| LexiconKind {
            name: name.into(),
            cues: vec![name.into()],
            values: values.iter().map(|value| (*value).into()).collect(),
        };
        Values::new(&[
            kind("city", &["rome", "New York"]),
            kind("pet", &["red cat", "dog"]),
        ])
    }

    const MEMORY: &str = "The pet of Ann is red cat.\nThe city of Ben is Rome.\nRome is old.";

    #[test]
    fn values_are_found_as_whole_words_whatever_their_case() {
        assert_eq!(values().named(MEMORY), ["red cat", "rome"]);
        assert_eq!(
            values().named("New yorkers, dogs, a red hat and a cat"),
            [""; 0]
        );
        let words: Vec<String> = values().words().into_iter().collect();
        assert_eq!(words, ["cat", "dog", "new", "red", "rome", "york"]);
    }

    #[test]
    fn the_sentence_with_the_questions_words_gives_the_answer() {
        let best = |question| values().best(MEMORY, question);
        assert_eq!(best("What is the city of Ben?").as_deref(), Some("rome"));
        assert_eq!(best("What is the pet of Ann?").as_deref(), Some("red cat"));
        assert_eq!(values().best("Ben skis.", "What is the city of Ben?"), None);
        assert_eq!(best_sentence("", "Who?"), None);
    }

    #[test]
    fn only_a_choice_of_the_grammar_is_an_answer() {
        let named = values().named(MEMORY);
        assert_eq!(grammar(&named), "(red cat | rome | unknown)");
        assert_eq!(most_words(&named), 2);
        for (output, answer) in [
            ("rome", Some("rome")),
            (" Red  cat", Some("red cat")),
            ("unknown", Some("")),
            ("dog", None),
            ("rome rome", None),
            ("", None),
        ] {
            assert_eq!(parse(output, &named), answer, "{output:?}");
        }
    }
}
