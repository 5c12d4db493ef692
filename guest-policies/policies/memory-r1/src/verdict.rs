//! The manager in words: a verdict on a turn, `add`, `update e2`, `delete e2` or `noop`, and, where a
//! turn is not kept whole, the words that are kept: `update e2 i live in oslo`.

use std::ops::Range;

use memloom_sdk::grammar::{in_a_row, one_of};
use memloom_sdk::speakers::{Speakers, aliases};
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation, Turn};

use crate::options::MOST_MARKS;

/// The first words of a turn, which alone can be kept where a turn is not kept whole.
const MOST_KEPT: usize = 48;

/// Returns the control words of prompts and grammars.
pub fn control_words() -> impl Iterator<Item = String> {
    let verdicts = ["add", "update", "delete", "noop"].map(String::from);
    let marks = (1..=MOST_MARKS).map(mark);
    verdicts.into_iter().chain(marks).chain(aliases())
}

/// Returns the mark of an entry, counted from 1.
pub fn mark(number: usize) -> String {
    format!("e{number}")
}

/// Returns an entry or a turn as prompts have it: `@1 : i live in rome .`
pub fn line(speakers: &Speakers, speaker: &str, text: &str) -> String {
    match speaker {
        "" => speakers.spoken(text),
        _ => format!("{} : {}", speakers.spoken(speaker), speakers.spoken(text)),
    }
}

/// A turn and the entries that it may change.
pub struct Case<'a> {
    turn: &'a Turn,
    shown: &'a [Entry],
    speakers: &'a Speakers,
    /// The words that can be kept, with their places; none if the turn is kept whole.
    words: Option<Vec<(String, Range<usize>)>>,
}

impl<'a> Case<'a> {
    /// Returns a case. `whole` says that a verdict keeps the turn whole.
    pub fn new(turn: &'a Turn, shown: &'a [Entry], speakers: &'a Speakers, whole: bool) -> Self {
        let words = || {
            let mut words = speakers.said(&turn.text);
            words.truncate(MOST_KEPT);
            words
        };
        let words = (!whole).then(words).filter(|words| !words.is_empty());
        Self {
            turn,
            shown,
            speakers,
            words,
        }
    }

    /// Returns the prompt: the entries with their marks behind them, since a small model has read
    /// the entry there, and the turn.
    pub fn prompt(&self) -> String {
        let entries = (1..).zip(self.shown).map(|(number, entry)| {
            let line = line(self.speakers, &entry.speaker, &entry.text);
            format!("{line} {}", mark(number))
        });
        let turn = line(self.speakers, &self.turn.speaker, &self.turn.text);
        entries.chain([turn]).collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `(add | update (e1 | e2) | delete (e1 | e2) | noop)`; with words that are
    /// kept `((add | update (e1)) (i | i ski | ski) | delete (e1) | noop)`.
    pub fn grammar(&self) -> String {
        let marks = one_of(&(1..=self.shown.len()).map(mark).collect::<Vec<_>>());
        let mut writing = "add".to_owned();
        let mut others = "noop".to_owned();
        if !self.shown.is_empty() {
            writing = format!("add | update {marks}");
            others = format!("delete {marks} | noop");
        }
        match self.said() {
            Some(said) => format!("(({writing}) {} | {others})", in_a_row(&said)),
            None => format!("({writing} | {others})"),
        }
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        2 + self.said().map_or(0, |said| said.len() as u32)
    }

    /// Returns a demonstrator's output. An update or deletion is of the shown entry that its turn
    /// supports; if there is none, an update becomes an addition, and a deletion is left out.
    pub fn demonstration(&self, hint: &DemonstratedOperation) -> String {
        let entry = |turn: &String| {
            let mut shown = self.shown.iter();
            let place = shown.position(|entry| entry.evidence.contains(turn))?;
            Some(mark(place + 1))
        };
        let kept = |verdict: String| match self.said() {
            Some(said) => format!("{verdict} {}", said.join(" ")),
            None => verdict,
        };
        match hint {
            DemonstratedOperation::Insert => kept("add".into()),
            DemonstratedOperation::Update(turn) => kept(match entry(turn) {
                Some(entry) => format!("update {entry}"),
                None => "add".into(),
            }),
            DemonstratedOperation::Delete(turn) => match entry(turn) {
                Some(entry) => format!("delete {entry}"),
                None => "noop".into(),
            },
            DemonstratedOperation::Skip => "noop".into(),
        }
    }

    /// Reads an output; the outer none is a malformed one, the inner one changes nothing.
    pub fn parse(&self, output: &str) -> Option<Option<Operation>> {
        let mut words = output.split_whitespace();
        let verdict = words.next()?;
        let id = match verdict {
            "update" | "delete" => {
                let said = words.next()?;
                let mut shown = (1..).zip(self.shown);
                let (_, entry) = shown.find(|(number, _)| mark(*number) == said)?;
                &entry.id
            }
            _ => "",
        };
        let rest: Vec<&str> = words.collect();
        let evidence = vec![self.turn.id.clone()];
        match verdict {
            "add" => {
                let text = self.kept(&rest)?;
                let insertion = Operation::insert(text, &*self.turn.speaker, evidence);
                Some(Some(insertion))
            }
            "update" => Some(Some(Operation::update(id, self.kept(&rest)?, evidence))),
            "delete" if rest.is_empty() => Some(Some(Operation::Delete(id.into()))),
            "noop" if rest.is_empty() => Some(None),
            _ => None,
        }
    }

    /// Returns the text that words after a verdict keep; none if the turn does not have them in a
    /// row.
    fn kept(&self, said: &[&str]) -> Option<&str> {
        let text = &self.turn.text;
        let Some(words) = &self.words else {
            return said.is_empty().then_some(text);
        };
        let mut rows = words.windows(said.len().max(1));
        let row = rows.find(|row| row.iter().map(|(word, _)| &**word).eq(said.iter().copied()))?;
        Some(&text[row.first()?.1.start..row.last()?.1.end])
    }

    /// Returns the words that can be kept.
    fn said(&self) -> Option<Vec<String>> {
        let words = self.words.as_ref()?.iter();
        Some(words.map(|(word, _)| word.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DemonstratedOperation::{Delete, Insert, Skip, Update};

    fn with_case<R>(whole: bool, use_it: impl FnOnce(&Case) -> R) -> R {
        let entry = |id: &str, text: &str, turn: &str| Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![turn.into()],
            fields: vec![],
        };
        let turn = Turn {
            id: "D2:1".into(),
            speaker: "Anna".into(),
            text: "Ben, I live in Oslo.".into(),
        };
        let shown = [
            entry("m7", "I live in Rome (Italy).", "D1:1"),
            entry("m4", "I ski.", "D1:2"),
        ];
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        use_it(&Case::new(&turn, &shown, &speakers, whole))
    }

    #[test]
    fn entries_stand_before_the_turn_with_their_marks_behind_them() {
        assert_eq!(
            with_case(true, |case| case.prompt()),
            "@1 : i live in rome italy . e1\n@1 : i ski . e2\n@1 : @2 , i live in oslo ."
        );
    }

    #[test]
    fn every_hint_reads_back_as_its_operation_whole_or_in_words() {
        let evidence = || vec!["D2:1".to_owned()];
        for (whole, text) in [
            (true, "Ben, I live in Oslo."),
            (false, "Ben, I live in Oslo."),
        ] {
            for (hint, operation) in [
                (Insert, Some(Operation::insert(text, "Anna", evidence()))),
                (
                    Update("D1:1".into()),
                    Some(Operation::update("m7", text, evidence())),
                ),
                (
                    Update("D9:9".into()),
                    Some(Operation::insert(text, "Anna", evidence())),
                ),
                (Delete("D1:2".into()), Some(Operation::Delete("m4".into()))),
                (Delete("D9:9".into()), None),
                (Skip, None),
            ] {
                with_case(whole, |case| {
                    let said = case.demonstration(&hint);
                    assert_eq!(case.parse(&said), Some(operation), "{said}");
                    assert!(said.split(' ').count() <= case.most_words() as usize);
                });
            }
        }
    }

    #[test]
    fn a_row_of_the_turns_words_can_be_kept() {
        let kept = |said: &str| {
            with_case(false, |case| match case.parse(said) {
                Some(Some(Operation::Insert(insertion))) => Some(insertion.text),
                _ => None,
            })
        };
        assert_eq!(kept("add live in oslo").as_deref(), Some("live in Oslo"));
        assert_eq!(kept("add @2").as_deref(), Some("Ben"));
        for wrong in ["add", "add live oslo", "add rome", "insert oslo"] {
            assert_eq!(kept(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_grammar_names_the_shown_entries_and_the_words_that_can_be_kept() {
        assert_eq!(
            with_case(true, |case| case.grammar()),
            "(add | update (e1 | e2) | delete (e1 | e2) | noop)"
        );
        let words = with_case(false, |case| case.grammar());
        assert!(words.starts_with("((add | update (e1 | e2)) (@2 | @2 (, | , (i | i (live"));
        assert!(
            words.ends_with("oslo | oslo . | .) | delete (e1 | e2) | noop)"),
            "{words}"
        );
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "update",
            "update e3",
            "delete e1 e2",
            "noop add",
            "keep",
            "add oslo",
        ] {
            assert_eq!(with_case(true, |case| case.parse(wrong)), None, "{wrong:?}");
        }
    }
}
