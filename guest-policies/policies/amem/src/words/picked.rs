//! The analyser and the keywords of a question in words: some words of a text, `live oslo done`.

use std::collections::BTreeSet;
use std::ops::Range;

use memloom_sdk::grammar::several;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;
use memloom_sdk::text::lower_words;

use crate::salient::salient;

/// The word after the keywords.
pub const DONE: &str = "done";

/// The most keywords of an output.
const MOST_KEYWORDS: usize = 4;

/// The first words of a text, which alone can be keywords.
const MOST_CHOICES: usize = 32;

/// A text and the words that can be its keywords.
pub struct Picked<'a> {
    text: &'a str,
    spoken: String,
    /// The words as they are said, each once, and their places in the text.
    choices: Vec<(String, Range<usize>)>,
}

impl<'a> Picked<'a> {
    /// Returns a turn; `speakers` give the aliases of people. All its words can be keywords.
    pub fn of_turn(speakers: &Speakers, text: &'a str) -> Self {
        Self::new(speakers, text, |_| true)
    }

    /// Returns a question. Its people and its words of the closed language can be keywords: others need
    /// not be tokens, since a tokenizer is trained on turns.
    pub fn of_question(speakers: &Speakers, text: &'a str, closed: &BTreeSet<String>) -> Self {
        Self::new(speakers, text, |said| {
            said.starts_with('@') || closed.contains(said)
        })
    }

    fn new(speakers: &Speakers, text: &'a str, is_known: impl Fn(&str) -> bool) -> Self {
        let mut choices: Vec<(String, Range<usize>)> = Vec::new();
        for (said, place) in speakers.said(text) {
            let is_word = said.contains(char::is_alphanumeric) && said != DONE;
            if is_word && is_known(&said) && choices.iter().all(|(other, _)| *other != said) {
                choices.push((said, place));
            }
        }
        choices.truncate(MOST_CHOICES);
        Self {
            text,
            spoken: speakers.spoken(text),
            choices,
        }
    }

    /// Returns whether no word can be a keyword.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// Returns the prompt: the text as it is said.
    pub fn prompt(&self) -> String {
        self.spoken.clone()
    }

    /// Returns the grammar: `((i | live) ((i | live) done | done) | done)`.
    pub fn grammar(&self) -> String {
        let said: Vec<String> = self.choices.iter().map(|(said, _)| said.clone()).collect();
        several(&said, MOST_KEYWORDS, DONE)
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        MOST_KEYWORDS as u32 + 1
    }

    /// Returns a demonstrator's output: the salient words, and the people whom the text names if they
    /// are asked for.
    pub fn demonstration(&self, lexicon: &Lexicon, people: bool) -> String {
        let salient = salient(lexicon, self.text);
        let is_picked = |(said, place): &&(String, Range<usize>)| {
            let words = lower_words(&self.text[place.clone()]);
            people && said.starts_with('@') || words.iter().all(|word| salient.contains(word))
        };
        let picked = self.choices.iter().filter(is_picked).take(MOST_KEYWORDS);
        let said = picked.map(|(said, _)| &**said).chain([DONE]);
        said.collect::<Vec<_>>().join(" ")
    }

    /// Reads the keywords of an output as the text has them; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Vec<String>> {
        let mut words: Vec<&str> = output.split_whitespace().collect();
        if words.pop()? != DONE || words.len() > MOST_KEYWORDS {
            return None;
        }
        let as_written = |word: &str| {
            let (_, place) = self.choices.iter().find(|(said, _)| said == word)?;
            Some(self.text[place.clone()].to_owned())
        };
        words.into_iter().map(as_written).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::LexiconKind;

    fn with_picked<R>(text: &str, use_it: impl FnOnce(&Picked, &Lexicon) -> R) -> R {
        let kind = |name: &str, cue: &str, value: &str| LexiconKind {
            name: name.into(),
            cues: vec![cue.into()],
            values: vec![value.into()],
        };
        let lexicon = Lexicon::new(&[
            kind("city", "live", "oslo"),
            kind("mentor", "mentor", "ben"),
        ]);
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        use_it(&Picked::of_turn(&speakers, text), &lexicon)
    }

    #[test]
    fn words_of_the_text_are_said_and_read_as_the_text_has_them() {
        with_picked("Ben, I live in Oslo, I do!", |picked, _| {
            assert_eq!(picked.prompt(), "@2 , i live in oslo , i do !");
            assert!(
                picked
                    .grammar()
                    .starts_with("((@2 | i | live | in | oslo | do) ((@2 | ")
            );
            let read = picked.parse("oslo @2 done");
            assert_eq!(read, Some(vec!["Oslo".into(), "Ben".into()]));
            assert_eq!(picked.parse("done"), Some(vec![]));
            for wrong in ["", "oslo", "rome done", "i i i i i done", ", done"] {
                assert_eq!(picked.parse(wrong), None, "{wrong}");
            }
        });
    }

    #[test]
    fn salient_words_are_demonstrated_and_people_where_they_are_asked_for() {
        for (text, people, said) in [
            ("Ben, I live in Oslo!", false, "@2 live oslo done"),
            ("Anna, I live in Oslo!", false, "live oslo done"),
            ("Where does Anna live?", true, "@1 live done"),
            ("How are you?", true, "done"),
        ] {
            with_picked(text, |picked, lexicon| {
                assert_eq!(picked.demonstration(lexicon, people), said);
                assert!(picked.parse(said).is_some());
                assert!(said.split(' ').count() <= picked.most_words() as usize);
            });
        }
    }

    #[test]
    fn of_a_question_people_and_words_of_the_closed_language_can_be_keywords() {
        let speakers = vec!["Anna".to_string()].into();
        let closed = ["live", "oslo"].map(String::from).into();
        let picked = Picked::of_question(&speakers, "Did Anna live in Oslo?", &closed);
        assert!(picked.grammar().starts_with("((@1 | live | oslo) "));
        assert_eq!(picked.parse("did done"), None);
        assert!(Picked::of_question(&speakers, "Why?", &closed).is_empty());
    }

    #[test]
    fn a_text_without_words_has_no_keywords() {
        assert!(with_picked("...", |picked, _| picked.is_empty()));
    }
}
