//! Calls in words: a verdict on each turn of a chunk,
//! `t1 insert semantic t2 skip t3 update e2 t4 write core t5 delete e1`.

use memloom_sdk::grammar::one_of;
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::speakers::{Speakers, aliases};
use memloom_sdk::text::first_words;
use memloom_sdk::types::{DemonstratedOperation, Insertion, Operation, Turn};

use crate::options::MOST_MARKS;
use crate::view::{self, LISTS, View, kind_of};
use crate::writer::content;

/// The most turns of a chunk: the number of marks `t1`, `t2`, … that the model knows.
pub const MOST_TURNS: usize = 16;

/// Returns the control words of prompts and grammars.
pub fn control_words() -> impl Iterator<Item = String> {
    let verdicts = ["insert", "update", "write", "delete", "skip", view::CORE];
    let kinds = LISTS.map(|(_, kind)| kind);
    let words = verdicts.into_iter().chain(kinds).map(String::from);
    let turns = (1..=MOST_TURNS).map(turn_mark);
    words
        .chain(turns)
        .chain((1..=MOST_MARKS).map(mark))
        .chain(aliases())
}

/// Returns the mark of an entry, counted from 1.
fn mark(number: usize) -> String {
    format!("e{number}")
}

fn turn_mark(number: usize) -> String {
    format!("t{number}")
}

/// The turns of a chunk and the memory in view.
pub struct Chunk<'a> {
    turns: &'a [Turn],
    view: &'a View,
    speakers: Speakers,
}

impl<'a> Chunk<'a> {
    /// Returns a chunk of at most 16 turns. Speakers are numbered as the entries and the turns name
    /// them.
    pub fn new(turns: &'a [Turn], view: &'a View) -> Self {
        let known = view.entries().map(|entry| &entry.speaker);
        let names = known.chain(turns.iter().map(|turn| &turn.speaker));
        Self {
            speakers: met(names),
            turns,
            view,
        }
    }

    /// Returns the prompt: the core, the entries with their kinds, and the turns. Marks stand behind
    /// entries and turns, since a small model has read them there.
    pub fn prompt(&self) -> String {
        let spoken = |text: &str| self.speakers.spoken(text);
        let core = Some(self.view.core()).filter(|core| !core.is_empty());
        let core = core.map(|text| format!("{} : {}", view::CORE, spoken(text)));
        let entries = (1..).zip(self.view.entries()).map(|(number, entry)| {
            let (kind, text) = (kind_of(entry), spoken(&entry.text));
            format!("{kind} {text} {}", mark(number))
        });
        let turns = (1..).zip(self.turns);
        let turns =
            turns.map(|(number, turn)| format!("{} {}", spoken(&content(turn)), turn_mark(number)));
        let lines = core.into_iter().chain(entries).chain(turns);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `t1 (skip | insert (semantic | episodic) | write core | update (e1) |
    /// delete (e1 | core)) t2 (...)`.
    pub fn grammar(&self) -> String {
        let kinds = one_of(&LISTS.map(|(_, kind)| kind.into()));
        let mut verdicts = format!("skip | insert {kinds} | write {}", view::CORE);
        let entries: Vec<String> = (1..)
            .zip(self.view.entries())
            .map(|(n, _)| mark(n))
            .collect();
        if !entries.is_empty() {
            verdicts += &format!(" | update {}", one_of(&entries));
        }
        let core = Some(self.view.core()).filter(|core| !core.is_empty());
        let removable = entries.into_iter().chain(core.map(|_| view::CORE.into()));
        let removable: Vec<String> = removable.collect();
        if !removable.is_empty() {
            verdicts += &format!(" | delete {}", one_of(&removable));
        }
        let turns = (1..=self.turns.len()).map(|n| format!("{} ({verdicts})", turn_mark(n)));
        turns.collect::<Vec<_>>().join(" ")
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        3 * self.turns.len() as u32
    }

    /// Returns a demonstrator's output: an insertion of each turn that it keeps as a fact, and changes
    /// of the shown entries that its turns support. An update of an entry that is not shown becomes
    /// an insertion, a deletion is skipped.
    pub fn demonstration(&self, hinted: &HintedOperations) -> String {
        use DemonstratedOperation::{Delete, Insert, Skip, Update};
        let supported = |turn: &String| {
            let entries = &mut self.view.entries();
            let place = entries.position(|entry| entry.evidence.contains(turn))?;
            Some(mark(place + 1))
        };
        let insert = || format!("insert {}", LISTS[0].1);
        let verdicts = (1..).zip(self.turns).map(|(number, turn)| {
            let verdict = match hinted.get(&turn.id) {
                Some(Insert) => insert(),
                Some(Update(before)) => {
                    supported(before).map_or_else(insert, |entry| format!("update {entry}"))
                }
                Some(Delete(before)) => {
                    supported(before).map_or("skip".into(), |entry| format!("delete {entry}"))
                }
                Some(Skip) | None => "skip".into(),
            };
            format!("{} {verdict}", turn_mark(number))
        });
        verdicts.collect::<Vec<_>>().join(" ")
    }

    /// Reads the operations of an output; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Vec<Operation>> {
        let mut words = output.split_whitespace();
        let mut operations = Vec::new();
        for (number, turn) in (1..).zip(self.turns) {
            if words.next()? != turn_mark(number) {
                return None;
            }
            let evidence = vec![turn.id.clone()];
            operations.extend(match words.next()? {
                "skip" => None,
                "insert" => {
                    let said = words.next()?;
                    let (_, kind) = LISTS.iter().find(|(_, kind)| *kind == said)?;
                    Some(Operation::Insert(Insertion {
                        fields: vec![(view::FIELD.into(), (*kind).into())],
                        ..Insertion::new(content(turn), turn.speaker.clone(), evidence)
                    }))
                }
                // The core is nobody's, so that no speaker's name in it could get an alias.
                "write" if words.next()? == view::CORE => {
                    let text = first_words(&turn.text, usize::MAX);
                    Some(Operation::update(view::CORE, text, evidence))
                }
                "update" => {
                    let id = self.id(words.next()?)?;
                    Some(Operation::update(id, content(turn), evidence))
                }
                "delete" => Some(Operation::Delete(match words.next()? {
                    view::CORE if !self.view.core().is_empty() => view::CORE.into(),
                    said => self.id(said)?.into(),
                })),
                _ => return None,
            });
        }
        words.next().is_none().then_some(operations)
    }

    /// Returns the id of the entry with a mark.
    fn id(&self, said: &str) -> Option<&str> {
        let mut entries = (1..).zip(self.view.entries());
        let (_, entry) = entries.find(|(number, _)| mark(*number) == said)?;
        Some(&entry.id)
    }
}

/// Returns speakers in the order in which they are named, without empty names.
pub fn met<'a>(names: impl Iterator<Item = &'a String>) -> Speakers {
    let mut speakers = Speakers::default();
    let named = names.filter(|name| !name.is_empty());
    named.for_each(|name| speakers.meet(name));
    speakers
}

#[cfg(test)]
mod tests {
    use super::*;
    use DemonstratedOperation::{Delete, Insert, Skip, Update};
    use memloom_sdk::types::Entry;

    fn turn(number: usize, speaker: &str, text: &str) -> Turn {
        Turn {
            id: format!("D2:{number}"),
            speaker: speaker.into(),
            text: text.into(),
        }
    }

    fn with_chunk<R>(use_it: impl FnOnce(&Chunk) -> R) -> R {
        let entry = |id: &str, text: &str, kind: &str| Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![format!("D1:{id}")],
            fields: vec![("type".into(), kind.into())],
        };
        let entries = [
            entry("core", "Anna is a nurse.", "core"),
            entry("m5", "Anna: I met Ben.", "episodic"),
            entry("m2", "Anna: I live in Rome.", "semantic"),
        ];
        let turns = [
            turn(1, "Ben", "I live\nin Oslo."),
            turn(2, "", "A note."),
            turn(3, "Anna", "I moved, Ben."),
        ];
        use_it(&Chunk::new(&turns, &View::of(&entries, 4)))
    }

    #[test]
    fn the_prompt_marks_entries_and_turns_behind_them() {
        assert_eq!(
            with_chunk(|chunk| chunk.prompt()),
            "core : @1 is a nurse .\nsemantic @1 : i live in rome . e1\n\
             episodic @1 : i met @2 . e2\n@2 : i live in oslo . t1\na note . t2\n\
             @1 : i moved , @2 . t3"
        );
    }

    #[test]
    fn the_grammar_has_a_verdict_on_each_turn_and_names_what_is_shown() {
        let verdicts = "(skip | insert (semantic | episodic) | write core | update (e1 | e2) | \
                        delete (e1 | e2 | core))";
        assert_eq!(
            with_chunk(|chunk| chunk.grammar()),
            format!("t1 {verdicts} t2 {verdicts} t3 {verdicts}")
        );
        let empty = View::of(&[], 4);
        assert_eq!(
            Chunk::new(&[turn(1, "Anna", "Hi.")], &empty).grammar(),
            "t1 (skip | insert (semantic | episodic) | write core)"
        );
    }

    #[test]
    fn every_call_reads_back_as_its_operation() {
        let evidence = |number: usize| vec![format!("D2:{number}")];
        let read = |said: &str| with_chunk(|chunk| chunk.parse(said));
        assert_eq!(
            read("t1 insert episodic t2 skip t3 update e1"),
            Some(vec![
                Operation::Insert(Insertion {
                    fields: vec![("type".into(), "episodic".into())],
                    ..Insertion::new("Ben: I live in Oslo.", "Ben", evidence(1))
                }),
                Operation::update("m2", "Anna: I moved, Ben.", evidence(3)),
            ])
        );
        assert_eq!(
            read("t1 write core t2 delete core t3 delete e2"),
            Some(vec![
                Operation::update("core", "I live in Oslo.", evidence(1)),
                Operation::Delete("core".into()),
                Operation::Delete("m5".into()),
            ])
        );
    }

    #[test]
    fn demonstrations_follow_hints_and_read_back() {
        let hinted = |hints: [(&str, DemonstratedOperation); 3]| {
            let hints = hints.map(|(turn, operation)| (turn.to_string(), operation));
            with_chunk(|chunk| {
                let said = chunk.demonstration(&hints.into());
                assert!(chunk.parse(&said).is_some(), "{said}");
                assert!(said.split(' ').count() <= chunk.most_words() as usize);
                said
            })
        };
        assert_eq!(
            hinted([
                ("D2:1", Insert),
                ("D2:2", Skip),
                ("D2:3", Update("D1:m2".into()))
            ]),
            "t1 insert semantic t2 skip t3 update e1"
        );
        assert_eq!(
            hinted([
                ("D2:1", Update("D1:9".into())),
                ("D2:2", Delete("D1:9".into())),
                ("D2:3", Delete("D1:m5".into()))
            ]),
            "t1 insert semantic t2 skip t3 delete e2"
        );
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "t1 skip t2 skip",
            "t1 skip t2 skip t3 insert core",
            "t1 skip t2 skip t3 write semantic",
            "t1 skip t2 skip t3 update e3",
            "t1 skip t2 skip t3 update core",
            "t1 skip t2 skip t3 skip t4 skip",
            "t2 skip t1 skip t3 skip",
        ] {
            assert_eq!(with_chunk(|chunk| chunk.parse(wrong)), None, "{wrong:?}");
        }
    }
}
