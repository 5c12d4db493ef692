//! A section: what is read between two memories.

use memloom_sdk::policy::HintedOperations;
use memloom_sdk::text::{first_words, sentences, word_count};
use memloom_sdk::types::{DemonstratedOperation, Session, Turn};

/// A section of a task's text or of a dialogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The text.
    pub text: String,
    /// The sentences in one line each.
    lines: Vec<(String, Option<usize>)>,
    /// The turns; none in a task.
    turns: Vec<Told>,
}

/// A turn of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The id.
    pub id: String,
    /// True if a demonstrator keeps it.
    pub keeps: bool,
}

/// A sentence in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The sentence.
    pub text: &'a str,
    /// The turn that says it; none in a task, and for a sentence of the memory.
    pub turn: Option<&'a Told>,
}

impl Section {
    /// Returns the section of a task's text.
    pub fn of_text(text: &str) -> Self {
        let line = |sentence| (first_words(sentence, usize::MAX), None);
        Self {
            text: text.trim().into(),
            lines: sentences(text).map(line).collect(),
            turns: Vec::new(),
        }
    }

    /// Returns the sentences.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(text, turn)| Line {
            text,
            turn: turn.and_then(|place| self.turns.get(place)),
        })
    }

    /// Returns the ids of the turns.
    pub fn turns(&self) -> Vec<String> {
        self.turns.iter().map(|turn| turn.id.clone()).collect()
    }

    fn add(&mut self, turn: &Turn, hinted: Option<&HintedOperations>) {
        let Turn { id, speaker, text } = turn;
        let said = |text| format!("{speaker}: {}", first_words(text, usize::MAX));
        self.text.push('\n');
        self.text.push_str(&said(text));
        let place = self.turns.len();
        let lines = sentences(text).map(|sentence| (said(sentence), Some(place)));
        self.lines.extend(lines);
        let operation = hinted.and_then(|hinted| hinted.get(id));
        let keeps = matches!(
            operation,
            Some(DemonstratedOperation::Insert | DemonstratedOperation::Update(_))
        );
        let id = id.clone();
        self.turns.push(Told { id, keeps });
    }
}

/// Returns a dialogue in sections of at most `most` words; a longer turn is one of its own.
pub fn of_dialogue(
    session: &Session,
    hinted: Option<&HintedOperations>,
    most: usize,
) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut words = 0;
    for turn in &session.turns {
        words += word_count(&turn.text);
        if sections.is_empty() || words > most {
            words = word_count(&turn.text);
            sections.push(Section {
                text: session.time.clone(),
                ..Section::default()
            });
        }
        if let Some(section) = sections.last_mut() {
            section.add(turn, hinted);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue_is_cut_between_turns() {
        let turn = |number: usize, text: &str| Turn {
            id: format!("D1:{number}"),
            speaker: "Ann".into(),
            text: text.into(),
        };
        let session = Session {
            index: 1,
            time: "1 May".into(),
            turns: vec![
                turn(1, "I ski.  Often."),
                turn(2, "No."),
                turn(3, "A long turn indeed."),
            ],
        };
        let hinted = [("D1:2".to_string(), DemonstratedOperation::Insert)].into();
        let sections = of_dialogue(&session, Some(&hinted), 4);
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[0].text, "1 May\nAnn: I ski. Often.\nAnn: No.");
        let kept = |line: Line<'_>| (line.text.to_string(), line.turn.map(|turn| turn.keeps));
        let line = |text: &str, keeps| (text.to_string(), Some(keeps));
        assert_eq!(
            sections[0].lines().map(kept).collect::<Vec<_>>(),
            [
                line("Ann: I ski.", false),
                line("Ann: Often.", false),
                line("Ann: No.", true)
            ]
        );
        assert_eq!(sections[0].turns(), ["D1:1", "D1:2"]);
        assert_eq!(of_dialogue(&session, None, 1).len(), 3);
    }
}
