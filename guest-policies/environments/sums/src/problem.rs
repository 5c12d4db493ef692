//! A problem.

use memloom_sdk::text::after_label;
use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::number::Number;
use crate::scoring::Outcome;

/// The label of an answer in an action.
const LABEL: &str = "answer";

/// A problem with one number as its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The instruction: the problem, and the form of an answer.
    pub instruction: String,
    /// The worked steps as one text; empty if none are known.
    pub worked: String,
    /// The number of steps.
    pub steps: u32,
    /// The right answer.
    pub answer: Number,
    /// The code word in the place of the first number, if there is one.
    pub code: Option<Code>,
}

impl Problem {
    /// Returns the category, which is about the number of steps.
    #[must_use]
    pub fn category(&self) -> &'static str {
        let [few, some, many, most] = CATEGORIES;
        match self.steps {
            ..=2 => few,
            3..=4 => some,
            5..=8 => many,
            9.. => most,
        }
    }

    /// Returns the action that gives the right answer without steps.
    #[must_use]
    pub fn answered(&self) -> String {
        said(&self.answer.to_string())
    }

    /// Returns the action of somebody who works the answer out.
    #[must_use]
    pub fn worked_out(&self) -> String {
        let answer = self.answered();
        match self.worked.is_empty() {
            true => answer,
            false => format!("{}\n{answer}", self.worked),
        }
    }

    /// Returns what an action comes to: the first number after the last `answer:` counts.
    #[must_use]
    pub fn outcome(&self, action: &str) -> Outcome {
        let given = after_label(action, LABEL).and_then(Number::first);
        Outcome {
            format: given.is_some(),
            right: given.as_ref() == Some(&self.answer),
        }
    }
}

/// Returns the action that gives an answer without steps.
#[must_use]
pub fn said(answer: &str) -> String {
    format!("{LABEL}: {answer}")
}

/// The categories of problems.
pub const CATEGORIES: [&str; 4] = [
    "one-or-two-steps",
    "three-or-four-steps",
    "five-to-eight-steps",
    "nine-steps-or-more",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn problem(steps: u32) -> Problem {
        Problem {
            instruction: "How many?".into(),
            worked: "First 9, then 18.".into(),
            steps,
            answer: Number::only("18").unwrap(),
            code: None,
        }
    }

    #[test]
    fn the_number_after_the_last_label_is_the_answer() {
        for (action, format, right) in [
            ("answer: 18", true, true),
            ("9 and 9.\nAnswer : $18.00 in all", true, true),
            ("answer: 18\nNo.\nanswer: 17", true, false),
            ("answer: 17, answer: 18", true, true),
            ("answer: 17 or 18", true, false),
            ("answer: many", false, false),
            ("answer:", false, false),
            ("18", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                problem(2).outcome(action),
                Outcome { format, right },
                "{action:?}"
            );
        }
    }

    #[test]
    fn what_is_worked_out_is_right_and_shows_its_steps() {
        let action = problem(2).worked_out();
        assert_eq!(action, "First 9, then 18.\nanswer: 18");
        assert!(problem(2).outcome(&action).right);
        let bare = Problem {
            worked: String::new(),
            ..problem(1)
        };
        assert_eq!(bare.worked_out(), "answer: 18");
    }

    #[test]
    fn categories_are_about_the_number_of_steps() {
        let categories = [0, 2, 3, 4, 5, 8, 9, 90].map(|steps| problem(steps).category());
        let numbers = categories.map(|name| CATEGORIES.iter().position(|it| *it == name).unwrap());
        assert_eq!(numbers, [0, 0, 1, 1, 2, 2, 3, 3]);
    }
}
