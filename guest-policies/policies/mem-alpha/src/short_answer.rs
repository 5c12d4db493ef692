//! The reader in words: an answer in words of what was found.

use memloom_sdk::answers::{Answers, UNKNOWN};
use memloom_sdk::bank::Hit;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;

use crate::reader::Found;
use crate::verdicts::met;

/// Returns the speakers of what was found, numbered in its order.
pub fn speakers(found: &Found) -> Speakers {
    met(found.hits().map(|hit| &hit.entry.speaker))
}

/// A question and what was found for it.
pub struct Asked<'a> {
    found: &'a Found,
    question: &'a str,
    speakers: &'a Speakers,
    /// The answers in what was found.
    pub answers: Answers<'a>,
}

impl<'a> Asked<'a> {
    /// Returns a question about what was found.
    pub fn new(
        found: &'a Found,
        question: &'a str,
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
    ) -> Self {
        let texts = found.hits().map(|hit| &*hit.entry.text);
        Self {
            answers: Answers::new(lexicon, speakers, texts),
            found,
            question,
            speakers,
        }
    }

    /// Returns the prompt: what was found, by session, between the question and the question again,
    /// since a small model reads it with what stands before it in mind, and answers to what stands
    /// last.
    pub fn prompt(&self) -> String {
        let mut hits: Vec<&Hit> = self.found.hits().collect();
        hits.sort_by_key(|hit| hit.entry.last_session);
        let texts = hits.iter().map(|hit| &*hit.entry.text);
        let lines = [self.question].into_iter().chain(texts);
        let lines = lines.chain([self.question]);
        let spoken: Vec<String> = lines.map(|line| self.speakers.spoken(line)).collect();
        spoken.join("\n")
    }

    /// Returns a demonstrator's output: the answer of the best entry by a rule.
    pub fn demonstration(&self) -> String {
        match self.found.best() {
            Some(hit) => self.answers.by_rule(&hit.entry.text, self.question),
            None => UNKNOWN.into(),
        }
    }
}
