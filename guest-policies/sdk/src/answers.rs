//! Answers of models of few words: values of a closed language that entries name, or, where an
//! environment has none, up to three words of an entry in a row.

use crate::grammar::one_of;
use crate::lexicon::Lexicon;
use crate::speakers::Speakers;

/// The answer that is none.
pub const UNKNOWN: &str = "unknown";

/// The most words of an answer in an open language.
const MOST_WORDS: usize = 3;

/// The answers that some texts allow.
pub struct Answers<'a> {
    lexicon: &'a Lexicon,
    speakers: &'a Speakers,
    choices: Vec<Choice>,
}

/// An answer.
struct Choice {
    /// The answer as a model says it.
    said: String,
    /// The answer as a text has it.
    text: String,
}

impl<'a> Answers<'a> {
    /// Returns the answers that texts allow, each once, in the order of the texts.
    pub fn new<'t>(
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let mut choices: Vec<Choice> = Vec::new();
        let all = texts.into_iter().flat_map(|text| match lexicon.is_empty() {
            true => rows(speakers, text),
            false => values(lexicon, speakers, text),
        });
        for choice in all {
            if choices.iter().all(|other| other.said != choice.said) {
                choices.push(choice);
            }
        }
        Self {
            lexicon,
            speakers,
            choices,
        }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// Returns the grammar: `(rome | @2 | unknown)`.
    pub fn grammar(&self) -> String {
        let said = self.choices.iter().map(|choice| choice.said.clone());
        one_of(&said.chain([UNKNOWN.into()]).collect::<Vec<_>>())
    }

    /// Returns the most words of an answer.
    pub fn most_words(&self) -> u32 {
        let said = self.choices.iter().map(|choice| &choice.said);
        let words = said.map(|said| said.split(' ').count() as u32);
        words.max().unwrap_or(1)
    }

    /// Reads an answer as it is said; none if it is malformed, an empty text if it is unknown.
    pub fn parse(&self, said: &str) -> Option<&str> {
        if said == UNKNOWN {
            return Some("");
        }
        let found = self.choices.iter().find(|choice| choice.said == said);
        found.map(|choice| &*choice.text)
    }

    /// Returns the answer that a text gives to a question by a rule, as it is said: in a closed
    /// language the value of the first kind that the question asks for, in an open one the last
    /// words in a row that are not the question's.
    pub fn by_rule(&self, text: &str, question: &str) -> String {
        let said = match self.lexicon.is_empty() {
            true => last_words(self.speakers, text, question),
            false => {
                let kinds = self.lexicon.asked(question);
                let value = kinds.first().and_then(|kind| kind.value(text));
                value.map(|value| self.speakers.spoken(&value.words))
            }
        };
        said.filter(|said| !said.is_empty())
            .unwrap_or_else(|| UNKNOWN.into())
    }
}

/// Returns the values that a text names, the first of each kind.
fn values(lexicon: &Lexicon, speakers: &Speakers, text: &str) -> Vec<Choice> {
    let values = lexicon.valued(text).into_iter();
    let choices = values.map(|(_, value)| Choice {
        said: speakers.spoken(&value.words),
        text: value.words,
    });
    choices.filter(|choice| !choice.said.is_empty()).collect()
}

/// Returns all words in a row of a text, up to three.
fn rows(speakers: &Speakers, text: &str) -> Vec<Choice> {
    let all = speakers.said(text);
    let mut rows = Vec::new();
    for start in 0..all.len() {
        let row = all[start..].iter().take(MOST_WORDS);
        let words = row.take_while(|(word, _)| is_word(word)).count();
        for length in 1..=words {
            let row = &all[start..start + length];
            let said: Vec<&str> = row.iter().map(|(word, _)| &**word).collect();
            rows.push(Choice {
                said: said.join(" "),
                text: text[row[0].1.start..row[length - 1].1.end].into(),
            });
        }
    }
    rows
}

/// Returns the last words in a row of a text, up to three, that a question does not have; none if
/// it has all.
fn last_words(speakers: &Speakers, text: &str, question: &str) -> Option<String> {
    let asked = speakers.said(question);
    let is_new = |word: &String| is_word(word) && asked.iter().all(|(other, _)| other != word);
    let said: Vec<String> = speakers
        .said(text)
        .into_iter()
        .map(|(word, _)| word)
        .collect();
    let end = said.iter().rposition(is_new)? + 1;
    let row = said[..end].iter().rev().take(MOST_WORDS);
    let length = row.take_while(|word| is_new(word)).count();
    Some(said[end - length..end].join(" "))
}

/// Returns whether it is a word or an alias, and no punctuation.
fn is_word(said: &str) -> bool {
    said.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LexiconKind;

    fn lexicon() -> Lexicon {
        let kind = |name: &str, values: &[&str]| LexiconKind {
            name: name.into(),
            cues: vec![name.into()],
            values: values.iter().map(ToString::to_string).collect(),
        };
        Lexicon::new(&[
            kind("city", &["rome", "new york"]),
            kind("trip", &["may"]),
            kind("mentor", &["anna", "ben", "cleo"]),
        ])
    }

    fn speakers() -> Speakers {
        vec!["Anna".to_string(), "Ben".to_string()].into()
    }

    const CLOSED: [&str; 3] = [
        "My trip from New York is on May 12.",
        "My mentor is Ben, not Cleo.",
        "Rome is far from New York.",
    ];

    #[test]
    fn a_closed_language_answers_in_values_with_their_numbers_and_in_aliases() {
        let (lexicon, speakers) = (lexicon(), speakers());
        let answers = Answers::new(&lexicon, &speakers, CLOSED);
        assert_eq!(
            answers.grammar(),
            "(new york | may 12 | @2 | rome | unknown)"
        );
        assert_eq!(answers.most_words(), 2);
        assert_eq!(answers.parse("may 12"), Some("May 12"));
        assert_eq!(answers.parse("@2"), Some("Ben"));
        assert_eq!(answers.parse("unknown"), Some(""));
        assert_eq!(answers.parse("cleo"), None);
        let rule = |text, question| answers.by_rule(text, question);
        assert_eq!(rule(CLOSED[0], "When is the trip of Anna?"), "may 12");
        assert_eq!(rule(CLOSED[1], "Who is the mentor of Anna?"), "@2");
        assert_eq!(rule(CLOSED[1], "What is the city of Anna?"), "unknown");
        assert_eq!(rule(CLOSED[1], "How are you?"), "unknown");
    }

    #[test]
    fn an_open_language_answers_in_a_few_words_in_a_row() {
        let (lexicon, speakers) = (Lexicon::default(), speakers());
        let text = "7. The home of Ben is Still Cliff.";
        let answers = Answers::new(&lexicon, &speakers, [text]);
        assert!(!answers.is_empty());
        assert!(
            answers
                .grammar()
                .starts_with("(7 | the | the home | the home of | home | ")
        );
        assert_eq!(answers.most_words(), 3);
        assert_eq!(answers.parse("is still cliff"), Some("is Still Cliff"));
        assert_eq!(answers.parse("@2"), Some("Ben"));
        assert_eq!(answers.parse("7 the"), None);
        let rule = |text, question| answers.by_rule(text, question);
        assert_eq!(rule(text, "What is the home of Ben?"), "still cliff");
        assert_eq!(rule(text, "What is far?"), "still cliff");
        assert_eq!(rule("It is so.", "Is it so?"), "unknown");
        assert_eq!(
            rule("A mep is late\nlabel: 9", "Give the label of: A mep"),
            "9"
        );
    }

    #[test]
    fn texts_without_an_answer_allow_none() {
        let (lexicon, speakers) = (lexicon(), speakers());
        assert!(Answers::new(&lexicon, &speakers, ["I ski.", ""]).is_empty());
    }
}
