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
#[serde(try_from = "Written", into = "Written")]
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

impl TryFrom<Written> for Problem {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let query = match written.is_made_up {
            true => Some(Query::parse(&written.question).ok_or("this is no made-up question")?),
            false => None,
        };
        Ok(Self {
            question: written.question,
            answers: written.answers,
            query,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Relation;

    fn problem(through: Option<Relation>) -> Problem {
        let query = Query {
            subject: "Anna Hale".into(),
            through,
            relation: Relation::Dish,
        };
        Problem::made_up(query, "soup")
    }

    fn read_back(problem: &Problem) -> Option<Problem> {
        let written = serde_json::to_string(problem).unwrap_or_default();
        serde_json::from_str(&written).ok()
    }

    #[test]
    fn a_problem_reads_back_from_a_snapshot_unless_it_was_changed() {
        let made_up = problem(Some(Relation::Home));
        assert_eq!(read_back(&made_up), Some(made_up.clone()));
        let of_file = Problem {
            query: None,
            ..made_up.clone()
        };
        assert_eq!(read_back(&of_file), Some(of_file.clone()));
        let changed = Problem {
            question: "Who?".into(),
            ..made_up
        };
        assert_eq!(read_back(&changed), None);
    }

    #[test]
    fn a_task_with_questions_of_both_kinds_is_mixed() {
        let (one, two) = (problem(None), problem(Some(Relation::Home)));
        let of_file = Problem {
            query: None,
            ..one.clone()
        };
        for (problems, name) in [
            (vec![one.clone(), one.clone()], "one-hop"),
            (vec![two.clone()], "two-hop"),
            (vec![two, one], "mixed"),
            (vec![of_file], "file"),
        ] {
            assert_eq!(Category::of(&problems).name(), name);
        }
    }
}
