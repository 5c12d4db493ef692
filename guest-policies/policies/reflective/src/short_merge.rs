//! The merger in words: `add`, or `merge e2`, by which a topic's summary becomes the new one.

use memloom_sdk::grammar::one_of;
use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::Entry;

use crate::merger::{Change, MERGE, supported};
use crate::topic::{Topic, met};

/// The word that adds a topic.
pub const ADD: &str = "add";

/// Returns the mark of an entry, counted from 1.
pub fn mark(number: usize) -> String {
    format!("e{number}")
}

/// A new topic and the nearest ones.
pub struct Case<'a> {
    topic: &'a Topic,
    shown: &'a [Entry],
    speakers: Speakers,
}

impl<'a> Case<'a> {
    /// Returns a case. Speakers are numbered as the entries and the topic name them.
    pub fn new(topic: &'a Topic, shown: &'a [Entry]) -> Self {
        let known = shown.iter().map(|entry| &entry.speaker);
        Self {
            speakers: met(known.chain([&topic.speaker])),
            topic,
            shown,
        }
    }

    /// Returns the prompt: the entries with their marks behind them, since a small model has read
    /// them there, and the new topic.
    pub fn prompt(&self) -> String {
        let entries = (1..).zip(self.shown).map(|(number, entry)| {
            format!("{} {}", self.speakers.spoken(&entry.text), mark(number))
        });
        let new = self.speakers.spoken(&self.topic.summary);
        entries.chain([new]).collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `(add | merge (e1 | e2))`.
    pub fn grammar(&self) -> String {
        let marks: Vec<String> = (1..=self.shown.len()).map(mark).collect();
        format!("({ADD} | {MERGE} {})", one_of(&marks))
    }

    /// Returns a demonstrator's output.
    pub fn demonstration(&self, changed: Option<&str>) -> String {
        match supported(self.shown, changed) {
            Some(place) => format!("{MERGE} {}", mark(place + 1)),
            None => ADD.into(),
        }
    }

    /// Reads an output; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Change> {
        let words: Vec<&str> = output.split_whitespace().collect();
        match words[..] {
            [ADD] => Some(Change::Add),
            [MERGE, said] => {
                let mut shown = (1..).zip(self.shown);
                let (_, entry) = shown.find(|(number, _)| mark(*number) == said)?;
                Some(Change::Merge {
                    id: entry.id.clone(),
                    text: self.topic.summary.clone(),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_case<R>(use_it: impl FnOnce(&Case) -> R) -> R {
        let entry = |id: &str, text: &str| Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![format!("D1:{id}")],
            fields: vec![],
        };
        let topic = Topic {
            summary: "Anna: I live in Oslo.".into(),
            speaker: "Anna".into(),
            turns: vec!["D2:1".into()],
        };
        let shown = [
            entry("p7", "Anna: I live in Rome."),
            entry("p4", "Anna: I ski."),
        ];
        use_it(&Case::new(&topic, &shown))
    }

    #[test]
    fn marks_stand_behind_entries_and_the_grammar_has_them() {
        assert_eq!(
            with_case(|case| case.prompt()),
            "@1 : i live in rome . e1\n@1 : i ski . e2\n@1 : i live in oslo ."
        );
        assert_eq!(with_case(|case| case.grammar()), "(add | merge (e1 | e2))");
    }

    #[test]
    fn what_is_said_is_carried_out_and_nothing_else_is_read() {
        let read = |said: &str| with_case(|case| case.parse(said));
        let merged = Change::Merge {
            id: "p4".into(),
            text: "Anna: I live in Oslo.".into(),
        };
        assert_eq!(read("merge e2"), Some(merged));
        assert_eq!(read(" add "), Some(Change::Add));
        for wrong in ["", "merge", "merge e3", "merge p7", "add e1", "e1"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_demonstrator_merges_into_what_the_changed_turn_supports() {
        let said = |changed| with_case(|case| case.demonstration(changed));
        assert_eq!(said(Some("D1:p4")), "merge e2");
        assert_eq!(said(Some("D1:p9")), "add");
        assert_eq!(said(None), "add");
    }
}
