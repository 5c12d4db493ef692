//! The closed language of an environment, and the grammar of a chunk in it.

use std::collections::BTreeSet;

use memloom_sdk::text::lower_words;
use memloom_sdk::types::LexiconKind;

use crate::answer::LABEL;

/// The sign after the label of an answer.
const COLON: &str = ":";

/// The letters that a grammar cannot say.
const OPERATORS: [char; 3] = ['(', ')', '|'];

/// The closed language of an environment.
#[derive(Default)]
pub struct Language {
    kinds: Vec<Kind>,
    /// The words of thoughts: all but the label of an answer.
    words: BTreeSet<String>,
}

/// A kind of value.
struct Kind {
    cues: Vec<Vec<String>>,
    values: Vec<String>,
}

impl Language {
    /// Returns the language of a description.
    pub fn new(lexicon: Vec<LexiconKind>) -> Self {
        let kinds: Vec<Kind> = lexicon.into_iter().map(Kind::new).collect();
        let values = kinds.iter().flat_map(|kind| &kind.values);
        let words = values.flat_map(|value| value.split(' '));
        let words = words.filter(|word| *word != LABEL).map(String::from);
        Self {
            words: words.collect(),
            kinds,
        }
    }

    /// Returns whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns the words of grammars.
    pub fn control_words(&self) -> Vec<String> {
        let ending = [LABEL, COLON].map(String::from);
        let words: BTreeSet<String> = self.words.iter().cloned().chain(ending).collect();
        words.into_iter().collect()
    }

    /// Returns the grammar of a chunk that goes on with a text: up to so many words of thought, until
    /// `answer : VALUE`, which ends it. The value is of a kind that the question has a cue of, or of
    /// any kind if it has none. A label that the last chunk broke off is completed first.
    pub fn grammar(&self, question: &str, before: &str, tokens: u32) -> String {
        let values = format!("({})", self.asked(question).join(" | "));
        let before = before.trim_end();
        let label = before.strip_suffix(COLON).map(str::trim_end);
        if label.is_some_and(|before| before.ends_with(LABEL)) {
            return values;
        }
        if before.ends_with(LABEL) {
            return format!("{COLON} {values}");
        }
        let ending = format!("{LABEL} {COLON} {values}");
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let words = words.join(" | ");
        (0..tokens).fold(ending.clone(), |rest, _| {
            format!("({ending} | ({words}) {rest})")
        })
    }

    /// Returns the values that can answer a question, each once.
    fn asked(&self, question: &str) -> Vec<&str> {
        let words = lower_words(question);
        let asked: Vec<&Kind> = self
            .kinds
            .iter()
            .filter(|kind| kind.is_asked(&words))
            .collect();
        let asked = match asked.is_empty() {
            true => self.kinds.iter().collect(),
            false => asked,
        };
        let values = asked.into_iter().flat_map(|kind| &kind.values);
        let values: BTreeSet<&str> = values.map(String::as_str).collect();
        values.into_iter().collect()
    }
}

impl Kind {
    fn new(kind: LexiconKind) -> Self {
        let sayable = |value: &String| !value.is_empty() && !value.contains(OPERATORS);
        let lower = |value: String| {
            let lower = value.to_lowercase();
            lower.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        Self {
            cues: kind.cues.iter().map(|cue| lower_words(cue)).collect(),
            values: kind.values.into_iter().map(lower).filter(sayable).collect(),
        }
    }

    fn is_asked(&self, question: &[String]) -> bool {
        let cues = self.cues.iter().filter(|cue| !cue.is_empty());
        let mut found = cues.filter(|cue| question.windows(cue.len()).any(|part| part == **cue));
        found.next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language() -> Language {
        let kind = |name: &str, cue: &str, values: &[&str]| LexiconKind {
            name: name.into(),
            cues: vec![cue.into()],
            values: values.iter().map(ToString::to_string).collect(),
        };
        Language::new(vec![
            kind("number", "how many", &["1", "2"]),
            kind("person", "who", &["Ann  Lee", "(nobody)"]),
            kind("word", "", &["answer", "is"]),
        ])
    }

    #[test]
    fn a_chunk_is_thought_until_an_answer_of_the_kind_that_is_asked_for() {
        let grammar = language().grammar("How many are there?", "", 2);
        let ending = "answer : (1 | 2)";
        let words = "(1 | 2 | ann | is | lee)";
        assert_eq!(
            grammar,
            format!("({ending} | {words} ({ending} | {words} {ending}))")
        );
        for (question, values) in [
            ("Who is it?", "(ann lee)"),
            ("Who, and how many?", "(1 | 2 | ann lee)"),
            ("Why?", "(1 | 2 | ann lee | answer | is)"),
        ] {
            let grammar = language().grammar(question, "", 0);
            assert_eq!(grammar, format!("answer : {values}"));
        }
    }

    #[test]
    fn an_answer_that_was_broken_off_goes_on() {
        let grammar = |before| language().grammar("How many?", before, 1);
        assert_eq!(grammar("is 2 answer"), ": (1 | 2)");
        assert_eq!(grammar("is 2 answer : "), "(1 | 2)");
        assert_eq!(grammar("is 2 answer:"), "(1 | 2)");
        assert_eq!(grammar("is 2"), grammar(""));
    }

    #[test]
    fn control_words_are_those_of_thoughts_and_of_the_label() {
        let words = language().control_words();
        assert_eq!(words, ["1", "2", ":", "ann", "answer", "is", "lee"]);
    }

    #[test]
    fn without_a_lexicon_there_is_no_language() {
        assert!(Language::new(vec![]).is_empty());
        assert!(!language().is_empty());
    }
}
