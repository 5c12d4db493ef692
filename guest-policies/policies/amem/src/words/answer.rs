//! The answerer in words: a value that notes name, or a few of their words.

use memloom_sdk::answers::{Answers, UNKNOWN};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;

use crate::note::Note;
use crate::words::verdicts::line;

/// A question and the notes that it is answered from.
pub struct Asked<'a> {
    question: &'a str,
    /// The notes, best first.
    notes: &'a [Note],
    speakers: &'a Speakers,
    /// The answers that the notes allow.
    pub answers: Answers<'a>,
}

impl<'a> Asked<'a> {
    /// Returns a question about notes, the best of which come first.
    pub fn new(
        question: &'a str,
        notes: &'a [Note],
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
    ) -> Self {
        Self {
            answers: Answers::new(lexicon, speakers, notes.iter().map(Note::said)),
            question,
            notes,
            speakers,
        }
    }

    /// Returns the prompt: the notes, the best of them last, between the question and the question
    /// again, since a small model reads them with what stands before them in mind, and answers to what
    /// stands last.
    pub fn prompt(&self) -> String {
        let question = || [self.speakers.spoken(self.question)];
        let notes = self
            .notes
            .iter()
            .rev()
            .map(|note| line(self.speakers, note));
        let lines = question().into_iter().chain(notes).chain(question());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns a demonstrator's output: the answer by a rule of the best note that holds and has one;
    /// where the question names a person, of that person's notes.
    pub fn demonstration(&self) -> String {
        let named = self.speakers.named(self.question);
        let is_asked = |note: &&Note| {
            let of_named = named.first().is_none_or(|name| *name == note.speaker);
            of_named && !note.is_past()
        };
        let asked = self.notes.iter().filter(is_asked);
        let answers = asked.map(|note| self.answers.by_rule(note.said(), self.question));
        let mut known = answers.filter(|answer| answer != UNKNOWN);
        known.next().unwrap_or_else(|| UNKNOWN.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::PAST;
    use memloom_sdk::types::LexiconKind;

    #[test]
    fn the_best_note_of_the_named_person_that_holds_is_demonstrated() {
        let lexicon = Lexicon::new(&[LexiconKind {
            name: "city".into(),
            cues: vec!["live".into()],
            values: ["rome", "oslo", "bern"].map(String::from).into(),
        }]);
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        let note = |speaker: &str, said: &str, tags: &[&str]| Note {
            speaker: speaker.into(),
            content: format!("{speaker}: {said}"),
            tags: tags.iter().map(ToString::to_string).collect(),
            ..Note::default()
        };
        let notes = [
            note("Ben", "I live in Bern.", &[]),
            note("Anna", "I live in Rome.", &[PAST]),
            note("Anna", "I ski.", &[]),
            note("Anna", "I live in Oslo.", &[]),
        ];
        let asked = Asked::new("Where does Anna live?", &notes, &lexicon, &speakers);
        assert_eq!(
            asked.prompt(),
            "where does @1 live ?\n@1 : i live in oslo .\n@1 : i ski .\npast @1 : i live in rome .\n\
             @2 : i live in bern .\nwhere does @1 live ?"
        );
        assert_eq!(asked.answers.grammar(), "(bern | rome | oslo | unknown)");
        assert_eq!(asked.demonstration(), "oslo");
        let past = Asked::new("Where does Anna live?", &notes[1..3], &lexicon, &speakers);
        assert_eq!(past.demonstration(), UNKNOWN);
    }
}
