//! A question and its right answers.

use memloom_sdk::text::first_words;
use serde::{Deserialize, Serialize};

use crate::fact::Query;

/// The category of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Category {
    /// One fact about a made-up thing answers each of its questions.
    OneHop,
    /// Each of its questions takes two facts.
    TwoHop,
    /// It has questions of both kinds.
    Mixed,
    /// Its questions are from a file of the user.
    File,
}

impl Category {
    /// All categories in the order of reports.
    pub const ALL: [Self; 4] = [Self::OneHop, Self::TwoHop, Self::Mixed, Self::File];

    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneHop => "one-hop",
            Self::TwoHop => "two-hop",
            Self::Mixed => "mixed",
            Self::File => "file",
        }
    }

    /// Returns the category of a task with these questions.
    pub fn of(problems: &[Problem]) -> Self {
        let mut queries = problems.iter().map(|problem| problem.query.as_ref());
        let Some(Some(first)) = queries.next() else {
            return Self::File;
        };
        let is_two_hop = first.through.is_some();
        match queries.all(|query| query.is_some_and(|it| it.through.is_some() == is_two_hop)) {
            false => Self::Mixed,
            true if is_two_hop => Self::TwoHop,
            true => Self::OneHop,
        }
    }
}

/// A question and its right answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Problem {
    /// The question, in one line.
    pub question: String,
    /// The right answers, one or more.
    pub answers: Vec<String>,
    /// The meaning of a made-up question; none for that of a file.
    pub query: Option<Query>,
}

/// A problem in a snapshot.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    question: String,
    answers: Vec<String>,
    is_made_up: bool,
}

impl From<Written> for Problem {
    fn from(written: Written) -> Self {
        let Written {
            question,
            answers,
            is_made_up,
        } = written;
        Self {
            query: is_made_up.then(|| Query::parse(&question)).flatten(),
            question,
            answers,
        }
    }
}

impl From<Problem> for Written {
    fn from(problem: Problem) -> Self {
        Self {
            is_made_up: problem.query.is_some(),
            question: problem.question,
            answers: problem.answers,
        }
    }
}

impl Problem {
    /// Returns a made-up question and its answer.
    pub fn made_up(query: Query, answer: &str) -> Self {
        Self {
            question: query.text(),
            answers: vec![answer.into()],
            query: Some(query),
        }
    }

    /// Returns a question of a file, as one line.
    ///
    /// # Errors
    /// A message if there is no question or no answer.
    pub fn of_file(question: &str, answers: Vec<String>) -> Result<Self, String> {
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
            query: None,
        })
    }
}
