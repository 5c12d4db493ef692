//! A text with its question.

use memloom_sdk::text::first_words;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::layout::{sections, shortened};
use crate::options::Options;

/// The category of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Category {
    /// One fact about a made-up person answers it.
    OneHop,
    /// It takes two facts.
    TwoHop,
    /// It is from a file of the user.
    File,
}

impl Category {
    /// All categories in the order of reports.
    pub const ALL: [Self; 3] = [Self::OneHop, Self::TwoHop, Self::File];

    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneHop => "one-hop",
            Self::TwoHop => "two-hop",
            Self::File => "file",
        }
    }
}

/// A question and its right answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The question, in one line.
    pub question: String,
    /// The right answers, one or more.
    pub answers: Vec<String>,
    /// The category.
    pub category: Category,
}

impl Problem {
    /// Returns a problem, with the question as one line.
    ///
    /// # Errors
    /// A message if there is no question or no answer.
    pub fn new(question: &str, answers: Vec<String>, category: Category) -> Result<Self, String> {
        let question = first_words(question, usize::MAX);
        if question.is_empty() {
            return Err("the question is empty".into());
        }
        if answers.iter().all(|answer| answer.trim().is_empty()) {
            return Err("there is no answer".into());
        }
        Ok(Self {
            question,
            answers,
            category,
        })
    }
}

/// A text with its question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The question.
    pub problem: Problem,
    /// The sections, one or more.
    pub sections: Vec<String>,
}

impl Text {
    /// Returns a text in sections.
    ///
    /// # Errors
    /// `invalid` with both numbers if it has more sections than are allowed, or if it is empty.
    pub fn new(problem: Problem, text: &str, options: &Options) -> Result<Self, Error> {
        let (words, most) = (options.section_words, options.sections);
        let sections = sections(text, words as usize);
        if sections.is_empty() {
            let question = &problem.question;
            return Err(Error::Invalid(format!(
                "scroll: the text for `{question}` is empty"
            )));
        }
        let sections = shortened(sections, most as usize, options.over).map_err(|count| {
            let question = &problem.question;
            Error::Invalid(format!(
                "scroll: the text for `{question}` has {count} sections of {words} words, but \
                 `sections` is {most}: raise it, or set `over` to `middle`"
            ))
        })?;
        Ok(Self { problem, sections })
    }

    /// Returns the number of actions of its task: one for each section, and the answer.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.sections.len() as u32 + 1
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::options::Over;

    #[test]
    fn a_text_with_more_sections_than_are_allowed_is_refused_with_both_numbers() {
        let answers = vec!["yes".into()];
        let problem = Problem::new("Is it\nlong?", answers, Category::File).unwrap();
        let text = "One two three four five six seven eight. ".repeat(5);
        let options = Options {
            section_words: 8,
            ..Options::default()
        };
        assert_eq!(
            Text::new(problem.clone(), &text, &options),
            Err(Error::Invalid(
                "scroll: the text for `Is it long?` has 5 sections of 8 words, but `sections` is \
                 4: raise it, or set `over` to `middle`"
                    .into()
            ))
        );
        let options = Options {
            over: Over::Middle,
            ..options
        };
        let text = Text::new(problem, &text, &options).unwrap();
        assert_eq!((text.sections.len(), text.steps()), (4, 5));
    }

    #[test]
    fn a_problem_has_a_question_and_an_answer() {
        let refused = |question, answer: &str| {
            Problem::new(question, vec![answer.into()], Category::File).unwrap_err()
        };
        assert_eq!(refused(" ", "yes"), "the question is empty");
        assert_eq!(refused("Who?", " "), "there is no answer");
    }
}
