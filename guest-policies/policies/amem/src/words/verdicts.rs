//! The evolver in words: a verdict on each neighbour, `e1 link e2 past e3 apart`.

use memloom_sdk::grammar::one_of;
use memloom_sdk::speakers::Speakers;

use crate::note::{Note, PAST};
use crate::options::MOST_MARKS;
use crate::verdict::Verdict;

/// The verdicts by their words.
const VERDICTS: [(&str, Verdict); 3] = [
    ("apart", Verdict::Apart),
    ("link", Verdict::Link),
    (PAST, Verdict::Past),
];

/// Returns the control words of grammars: `apart`, `link`, `past`, `e1` to `e16`.
pub fn control_words() -> impl Iterator<Item = String> {
    let verdicts = VERDICTS.map(|(word, _)| word.to_owned()).into_iter();
    verdicts.chain((1..=MOST_MARKS).map(mark))
}

/// Returns the mark of a neighbour, counted from 1.
fn mark(number: usize) -> String {
    format!("e{number}")
}

/// Returns a note as prompts have it: `past @1 : i live in rome .`
pub fn line(speakers: &Speakers, note: &Note) -> String {
    let content = speakers.spoken(&note.content);
    match note.is_past() {
        true => format!("{PAST} {content}"),
        false => content,
    }
}

/// A new note and its neighbours.
pub struct Neighbourhood<'a> {
    note: &'a Note,
    neighbours: &'a [Note],
    speakers: &'a Speakers,
}

impl<'a> Neighbourhood<'a> {
    /// Returns a note with its neighbours, at most 16.
    pub fn new(note: &'a Note, neighbours: &'a [Note], speakers: &'a Speakers) -> Self {
        Self {
            note,
            neighbours,
            speakers,
        }
    }

    /// Returns the prompt: the neighbours with their marks behind them, since a small model has read the
    /// note there, and the new note.
    pub fn prompt(&self) -> String {
        let neighbours = (1..).zip(self.neighbours);
        let neighbours = neighbours
            .map(|(number, note)| format!("{} {}", line(self.speakers, note), mark(number)));
        let lines = neighbours.chain([line(self.speakers, self.note)]);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `e1 (apart | link | past) e2 (apart | link | past)`.
    pub fn grammar(&self) -> String {
        let verdicts = one_of(&VERDICTS.map(|(word, _)| word.to_owned()));
        let marks = (1..=self.neighbours.len()).map(mark);
        let all = marks.map(|mark| format!("{mark} {verdicts}"));
        all.collect::<Vec<_>>().join(" ")
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        2 * self.neighbours.len() as u32
    }

    /// Returns the output with these verdicts.
    pub fn output(&self, verdicts: &[Verdict]) -> String {
        let said = (1..).zip(verdicts).flat_map(|(number, verdict)| {
            let words = VERDICTS.iter().filter(move |(_, other)| other == verdict);
            words.map(move |(word, _)| format!("{} {word}", mark(number)))
        });
        said.collect::<Vec<_>>().join(" ")
    }

    /// Reads the verdicts of an output; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Vec<Verdict>> {
        let mut words = output.split_whitespace();
        let verdicts = (1..=self.neighbours.len()).map(|number| {
            let is_marked = words.next()? == mark(number);
            let said = words.next().filter(|_| is_marked)?;
            let found = VERDICTS.iter().find(|(word, _)| *word == said);
            found.map(|(_, verdict)| *verdict)
        });
        let verdicts: Vec<Verdict> = verdicts.collect::<Option<_>>()?;
        words.next().is_none().then_some(verdicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Apart, Link, Past};

    fn with_neighbours<R>(use_it: impl FnOnce(&Neighbourhood) -> R) -> R {
        let note = |content: &str, tags: &[&str]| Note {
            content: content.into(),
            tags: tags.iter().map(ToString::to_string).collect(),
            ..Note::default()
        };
        let neighbours = [
            note("Anna: I live in Rome (Italy).", &[PAST]),
            note("Ben: I ski, Anna.", &["sport"]),
        ];
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        let new = note("Anna: I live in Oslo.", &[]);
        use_it(&Neighbourhood::new(&new, &neighbours, &speakers))
    }

    #[test]
    fn neighbours_stand_before_the_note_with_their_marks_behind_them() {
        assert_eq!(
            with_neighbours(|all| all.prompt()),
            "past @1 : i live in rome italy . e1\n@2 : i ski , @1 . e2\n@1 : i live in oslo ."
        );
        assert_eq!(
            with_neighbours(|all| all.grammar()),
            "e1 (apart | link | past) e2 (apart | link | past)"
        );
    }

    #[test]
    fn every_verdict_reads_back() {
        with_neighbours(|all| {
            for verdicts in [[Apart, Link], [Past, Apart], [Link, Past]] {
                let said = all.output(&verdicts);
                assert_eq!(all.parse(&said), Some(verdicts.into()), "{said}");
                assert_eq!(said.split(' ').count(), all.most_words() as usize);
            }
        });
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "e1 link",
            "e1 link e3 apart",
            "e2 link e1 apart",
            "e1 link e2 merge",
            "e1 link e2 apart e3 apart",
        ] {
            assert_eq!(with_neighbours(|all| all.parse(wrong)), None, "{wrong:?}");
        }
    }
}
