//! The answerer in words: the marks of the useful entries, then the answer, `e3 e7 answer rome`.

use memloom_sdk::answers::{Answers, UNKNOWN};
use memloom_sdk::bank::Hit;
use memloom_sdk::grammar::several;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;

use crate::answerer::Said;
use crate::options::MOST_MARKS;
use crate::verdict::{line, mark};

/// The word before the answer.
const ANSWER: &str = "answer";

/// The most useful entries of an output.
const MOST_USEFUL: usize = 5;

/// Returns the control words of grammars, beside the marks of entries.
pub fn control_words() -> impl Iterator<Item = String> {
    [ANSWER, UNKNOWN].map(String::from).into_iter()
}

/// A question and the entries that it is answered from.
pub struct Asked<'a> {
    question: &'a str,
    /// The entries, those of a speaker by session.
    hits: Vec<&'a Hit>,
    speakers: &'a Speakers,
    answers: Answers<'a>,
    /// True if the useful entries are named first.
    distils: bool,
}

impl<'a> Asked<'a> {
    /// Returns a question about entries; of more than there are marks, the best.
    pub fn new(
        found: &'a [(String, Vec<Hit>)],
        question: &'a str,
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
        distils: bool,
    ) -> Self {
        let mut hits: Vec<(usize, &Hit)> = (0..)
            .zip(found)
            .flat_map(|(person, (_, hits))| hits.iter().map(move |hit| (person, hit)))
            .collect();
        hits.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        hits.truncate(MOST_MARKS);
        hits.sort_by_key(|(person, hit)| (*person, hit.entry.last_session));
        let hits: Vec<&Hit> = hits.into_iter().map(|(_, hit)| hit).collect();
        let texts = hits.iter().map(|hit| &*hit.entry.text);
        Self {
            answers: Answers::new(lexicon, speakers, texts),
            question,
            hits,
            speakers,
            distils,
        }
    }

    /// Returns whether the entries allow no answer.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Returns the prompt: the entries with their marks behind them between the question and the
    /// question again, since a small model reads them with what stands before them in mind, and
    /// answers to what stands last.
    pub fn prompt(&self) -> String {
        let entries = (1..).zip(&self.hits).map(|(number, hit)| {
            let line = line(self.speakers, &hit.entry.speaker, &hit.entry.text);
            format!("{line} {}", mark(number))
        });
        let question = || [self.speakers.spoken(self.question)];
        let lines = question().into_iter().chain(entries).chain(question());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `((e1 | e2) ((e1 | e2) answer | answer) | answer) (rome | oslo |
    /// unknown)`; without entries that are named, the answer alone.
    pub fn grammar(&self) -> String {
        let answers = self.answers.grammar();
        let marks: Vec<String> = (1..=self.hits.len()).map(mark).collect();
        match self.distils {
            true => format!("{} {answers}", several(&marks, MOST_USEFUL, ANSWER)),
            false => answers,
        }
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        let useful = if self.distils { MOST_USEFUL + 1 } else { 0 };
        useful as u32 + self.answers.most_words()
    }

    /// Returns a demonstrator's output: the answer of the best entry by a rule. Entries about the
    /// person whom the question names come first.
    pub fn demonstration(&self) -> String {
        let named = self.speakers.named(self.question);
        let is_named = |hit: &Hit| named.first().is_some_and(|name| *name == hit.entry.speaker);
        let best = (1..).zip(&self.hits).max_by(|(_, a), (_, b)| {
            let scores = a.score.total_cmp(&b.score);
            is_named(a).cmp(&is_named(b)).then(scores)
        });
        let said = best.map(|(number, hit)| {
            let answer = self.answers.by_rule(&hit.entry.text, self.question);
            (mark(number), answer)
        });
        match said.filter(|(_, answer)| answer != UNKNOWN) {
            Some((mark, answer)) if self.distils => format!("{mark} {ANSWER} {answer}"),
            Some((_, answer)) => answer,
            None if self.distils => format!("{ANSWER} {UNKNOWN}"),
            None => UNKNOWN.into(),
        }
    }

    /// Reads an output; none if it is malformed. An unknown answer is empty.
    pub fn parse(&self, output: &str) -> Option<Said> {
        let words: Vec<&str> = output.split_whitespace().collect();
        let (marks, answer) = match self.distils {
            true => {
                let end = words.iter().position(|word| *word == ANSWER)?;
                (&words[..end], &words[end + 1..])
            }
            false => (&[][..], &words[..]),
        };
        let id = |said: &&str| {
            let mut hits = (1..).zip(&self.hits);
            let (_, hit) = hits.find(|(number, _)| mark(*number) == **said)?;
            Some(hit.entry.id.clone())
        };
        Some(Said {
            useful: marks.iter().map(id).collect::<Option<_>>()?,
            answer: self.answers.parse(&answer.join(" "))?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::{Entry, LexiconKind};

    fn found() -> [(String, Vec<Hit>); 2] {
        let hit = |id: &str, speaker: &str, text: &str, session: u32, score: f32| Hit {
            entry: Entry {
                id: id.into(),
                text: text.into(),
                speaker: speaker.into(),
                time: String::new(),
                first_session: 1,
                last_session: session,
                evidence: vec![],
                fields: vec![],
            },
            score,
        };
        [
            (
                "Anna".into(),
                vec![
                    hit("m9", "Anna", "I live in Oslo now.", 2, 0.8),
                    hit("m1", "Anna", "I lived in Paris, Ben.", 1, 0.3),
                ],
            ),
            (
                "Ben".into(),
                vec![hit("m2", "Ben", "I live in Rome.", 1, 0.9)],
            ),
        ]
    }

    fn with_asked<R>(question: &str, distils: bool, use_it: impl FnOnce(&Asked) -> R) -> R {
        let lexicon = Lexicon::new(&[LexiconKind {
            name: "city".into(),
            cues: vec!["live".into()],
            values: ["rome", "oslo", "paris"].map(String::from).into(),
        }]);
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        let found = found();
        use_it(&Asked::new(&found, question, &lexicon, &speakers, distils))
    }

    const QUESTION: &str = "Where does Anna live?";

    #[test]
    fn the_question_stands_first_and_last_and_marks_behind_their_entries() {
        assert_eq!(
            with_asked(QUESTION, true, |asked| asked.prompt()),
            "where does @1 live ?\n@1 : i lived in paris , @2 . e1\n@1 : i live in oslo now . e2\n\
             @2 : i live in rome . e3\nwhere does @1 live ?"
        );
    }

    #[test]
    fn the_grammar_has_marks_and_the_values_that_entries_name() {
        let grammar = with_asked(QUESTION, true, |asked| asked.grammar());
        assert!(grammar.starts_with("((e1 | e2 | e3) ((e1 | e2 | e3) "));
        assert!(
            grammar.ends_with("answer) | answer) (paris | oslo | rome | unknown)"),
            "{grammar}"
        );
        let short = with_asked(QUESTION, false, |asked| asked.grammar());
        assert_eq!(short, "(paris | oslo | rome | unknown)");
        let words = |distils| with_asked(QUESTION, distils, |asked| asked.most_words());
        assert_eq!((words(true), words(false)), (7, 1));
    }

    #[test]
    fn the_best_entry_about_the_named_person_is_demonstrated_and_reads_back() {
        for (question, said, useful, answer) in [
            (QUESTION, "e2 answer oslo", vec!["m9"], "Oslo"),
            (
                "Who can live in a barrel?",
                "e3 answer rome",
                vec!["m2"],
                "Rome",
            ),
            ("How is Anna?", "answer unknown", vec![], ""),
        ] {
            with_asked(question, true, |asked| {
                assert_eq!(asked.demonstration(), said);
                let useful = useful.into_iter().map(String::from).collect();
                let answer = answer.into();
                assert_eq!(asked.parse(said), Some(Said { useful, answer }));
            });
        }
        let short = |question| with_asked(question, false, |asked| asked.demonstration());
        assert_eq!(
            [short(QUESTION), short("How is Anna?")],
            ["oslo", "unknown"]
        );
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "rome",
            "e4 answer rome",
            "e1 answer",
            "e1 answer berlin",
            "e1 rome",
        ] {
            assert_eq!(
                with_asked(QUESTION, true, |asked| asked.parse(wrong)),
                None,
                "{wrong}"
            );
        }
        assert_eq!(
            with_asked(QUESTION, false, |asked| asked.parse("e1 rome")),
            None
        );
    }
}
