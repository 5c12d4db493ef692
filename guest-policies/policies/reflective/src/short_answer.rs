//! The answerer in words: the marks of the topics that are cited, then the answer, `e3 answer rome`.
//! No mark stands for `[NO_CITE]`.

use memloom_sdk::answers::{Answers, UNKNOWN};
use memloom_sdk::bank::Hit;
use memloom_sdk::grammar::several;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;
use memloom_sdk::text::same_but_case;

use crate::answerer::Said;
use crate::short_merge::mark;
use crate::topic::met;

/// The word before the answer.
pub const ANSWER: &str = "answer";

/// The most topics that an output cites.
const MOST_CITED: usize = 5;

/// Returns the speakers of what was found, numbered in its order.
pub fn speakers(hits: &[Hit]) -> Speakers {
    met(hits.iter().map(|hit| &hit.entry.speaker))
}

/// A question and the topics that it is answered from.
pub struct Asked<'a> {
    hits: &'a [Hit],
    question: &'a str,
    speakers: &'a Speakers,
    answers: Answers<'a>,
}

impl<'a> Asked<'a> {
    /// Returns a question about topics.
    pub fn new(
        hits: &'a [Hit],
        question: &'a str,
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
    ) -> Self {
        let texts = hits.iter().map(|hit| &*hit.entry.text);
        Self {
            answers: Answers::new(lexicon, speakers, texts),
            hits,
            question,
            speakers,
        }
    }

    /// Returns whether the topics allow no answer.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Returns the prompt: the topics with their marks behind them between the question and the
    /// question again, since a small model reads them with what stands before them in mind, and
    /// answers to what stands last.
    pub fn prompt(&self) -> String {
        let topics = (1..).zip(self.hits).map(|(number, hit)| {
            format!("{} {}", self.speakers.spoken(&hit.entry.text), mark(number))
        });
        let question = || [self.speakers.spoken(self.question)];
        let lines = question().into_iter().chain(topics).chain(question());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar: `((e1 | e2) ((e1 | e2) answer | answer) | answer) (rome | unknown)`.
    pub fn grammar(&self) -> String {
        let marks: Vec<String> = (1..=self.hits.len()).map(mark).collect();
        let cited = several(&marks, MOST_CITED, ANSWER);
        format!("{cited} {}", self.answers.grammar())
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        MOST_CITED as u32 + 1 + self.answers.most_words()
    }

    /// Returns a demonstrator's output. With its `advice` that is this answer and the topics that give
    /// it by a rule, unknown if none does; else what the best topic gives by the rule. Topics about
    /// the person whom the question names come first.
    pub fn demonstration(&self, advice: Option<&str>) -> String {
        let by_rule = |hit: &Hit| self.answers.by_rule(&hit.entry.text, self.question);
        let says = |said: &str, answer: &str| {
            let read = self.answers.parse(said);
            said != UNKNOWN && read.is_some_and(|read| same_but_case(read, answer))
        };
        let numbered = || (1..).zip(self.hits);
        let given: Vec<(usize, String)> = match advice {
            Some(answer) => {
                let all = numbered().map(|(number, hit)| (number, by_rule(hit)));
                let of_answer = all.filter(|(_, said)| says(said, answer));
                of_answer.take(MOST_CITED).collect()
            }
            None => {
                let named = self.speakers.named(self.question);
                let is_named = |hit: &Hit| named.first() == Some(&&*hit.entry.speaker);
                let best = numbered().max_by(|(_, a), (_, b)| {
                    let scores = a.score.total_cmp(&b.score);
                    is_named(a).cmp(&is_named(b)).then(scores)
                });
                let said = best.map(|(number, hit)| (number, by_rule(hit)));
                said.into_iter()
                    .filter(|(_, said)| said != UNKNOWN)
                    .collect()
            }
        };
        let Some((_, answer)) = given.first() else {
            return format!("{ANSWER} {UNKNOWN}");
        };
        let marks: Vec<String> = given.iter().map(|(number, _)| mark(*number)).collect();
        format!("{} {ANSWER} {answer}", marks.join(" "))
    }

    /// Reads an output; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Said> {
        let words: Vec<&str> = output.split_whitespace().collect();
        let end = words.iter().position(|word| *word == ANSWER)?;
        let mut cited: Vec<usize> = Vec::new();
        for said in &words[..end] {
            let place = (0..self.hits.len()).find(|place| mark(place + 1) == **said)?;
            if !cited.contains(&place) {
                cited.push(place);
            }
        }
        Some(Said {
            answer: self.answers.parse(&words[end + 1..].join(" "))?.into(),
            cited: Some(cited),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::{Entry, LexiconKind};

    fn with_asked<R>(use_it: impl FnOnce(&Asked) -> R) -> R {
        let hit = |speaker: &str, text: &str, score: f32| Hit {
            entry: Entry {
                id: "p1".into(),
                text: text.into(),
                speaker: speaker.into(),
                time: String::new(),
                first_session: 1,
                last_session: 1,
                evidence: vec![],
                fields: vec![],
            },
            score,
        };
        let lexicon = Lexicon::new(&[LexiconKind {
            name: "city".into(),
            cues: vec!["live".into()],
            values: ["rome", "oslo"].map(String::from).into(),
        }]);
        let hits = [
            hit("Anna", "Anna: I live in Oslo.", 0.3),
            hit("Ben", "Ben: I live in Rome, Anna.", 0.9),
        ];
        let speakers = speakers(&hits);
        use_it(&Asked::new(
            &hits,
            "Where does Anna live?",
            &lexicon,
            &speakers,
        ))
    }

    #[test]
    fn topics_have_marks_and_answers_are_values_that_they_name() {
        assert_eq!(
            with_asked(|asked| asked.prompt()),
            "where does @1 live ?\n@1 : i live in oslo . e1\n@2 : i live in rome , @1 . e2\n\
             where does @1 live ?"
        );
        assert_eq!(
            with_asked(|asked| asked.grammar()),
            "((e1 | e2) ((e1 | e2) answer | answer) | answer) (oslo | rome | unknown)"
        );
    }

    #[test]
    fn demonstrations_follow_advice_or_the_named_person_and_read_back() {
        for (advice, said, answer, cited) in [
            (Some("Rome"), "e2 answer rome", "Rome", &[1][..]),
            (Some("Lima"), "answer unknown", "", &[]),
            (Some(""), "answer unknown", "", &[]),
            (None, "e1 answer oslo", "Oslo", &[0]),
        ] {
            with_asked(|asked| {
                assert_eq!(asked.demonstration(advice), said);
                let cited = Some(cited.into());
                let answer = answer.into();
                assert_eq!(asked.parse(said), Some(Said { answer, cited }));
            });
        }
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "rome",
            "e3 answer rome",
            "e1 answer",
            "e1 answer lima",
            "e1 rome",
        ] {
            assert_eq!(with_asked(|asked| asked.parse(wrong)), None, "{wrong:?}");
        }
    }
}
