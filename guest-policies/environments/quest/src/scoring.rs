//! The scores of answers.

use memloom_sdk::metrics::{f1, normalised_words};
use memloom_sdk::types::Score;
use serde::{Deserialize, Serialize};

use crate::options::{Options, Scale};
use crate::problem::Problem;

/// The worth of a task's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The share of questions with a right answer.
    pub exact: f32,
    /// The mean over questions of F1 over words, of the right answer that fits best.
    pub f1: f32,
    /// The share of questions with an answer.
    pub answered: f32,
    /// True if the penalty is due.
    pub penalised: bool,
}

impl Outcome {
    /// The outcome of giving up.
    pub const GIVEN_UP: Self = Self {
        exact: 0.0,
        f1: 0.0,
        answered: 0.0,
        penalised: true,
    };
}

/// Compares answers, with `;` between them, with the right ones of the questions in order. Answers
/// beyond the questions are ignored; where it is `strict`, no answer counts unless there are as
/// many as questions.
pub fn judge(said: &str, problems: &[Problem], strict: bool) -> Outcome {
    let answers: Vec<&str> = said.split(';').map(str::trim).collect();
    if answers
        .iter()
        .all(|answer| normalised_words(answer).is_empty())
    {
        return Outcome::GIVEN_UP;
    }
    let counts = !strict || answers.len() == problems.len();
    let (mut right, mut answered, mut sum) = (0, 0, 0.0);
    for (answer, problem) in answers.iter().zip(problems) {
        let words = normalised_words(answer);
        if words.is_empty() {
            continue;
        }
        answered += 1;
        if counts {
            let golds = || problem.answers.iter();
            right += usize::from(golds().any(|gold| normalised_words(gold) == words));
            sum += golds().map(|gold| f1(answer, gold)).fold(0.0, f32::max);
        }
    }
    let share = |count: usize| count as f32 / problems.len() as f32;
    Outcome {
        exact: share(right),
        f1: sum / problems.len() as f32,
        answered: share(answered),
        penalised: false,
    }
}

/// Returns what a task pays: the share or number of right answers, less the penalty.
pub fn paid(options: &Options, outcome: Outcome, questions: usize) -> f32 {
    let earned = match options.scale {
        Scale::Share => outcome.exact,
        Scale::Count => (outcome.exact * questions as f32).round(),
    };
    earned
        - if outcome.penalised {
            options.penalty
        } else {
            0.0
        }
}

/// Returns the score of a task. A score is at least 0, so that the share of right answers is
/// raised by the penalty and divided by what is the most then: advantages that are divided by
/// their deviation do not change.
pub fn score(options: &Options, outcome: Outcome, questions: usize, acts: u32) -> Score {
    let spared = if outcome.penalised {
        0.0
    } else {
        options.penalty
    };
    let metrics = [
        ("success", f32::from(outcome.exact == 1.0)),
        ("acts", acts as f32),
        ("return", paid(options, outcome, questions)),
        ("exact", outcome.exact),
        ("f1", outcome.f1),
        ("answered", outcome.answered),
    ];
    Score {
        reward: (outcome.exact + spared) / (1.0 + options.penalty),
        metrics: metrics.map(|(name, value)| (name.into(), value)).into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn problems() -> Vec<Problem> {
        let golds: [&[&str]; 2] = [&["paris"], &["1998", "1999"]];
        let problem = |golds: &[&str]| {
            let golds = golds.iter().map(ToString::to_string).collect();
            Problem::of_file("Which?", golds).unwrap()
        };
        golds.map(problem).into()
    }

    fn rewards(said: &str) -> [f32; 2] {
        [false, true].map(|strict| judge(said, &problems(), strict).exact)
    }

    #[test]
    fn c_any_gold_counts_one_answer_is_half_by_count_and_nothing_by_the_strict_rule() {
        assert_eq!(rewards("Paris; 1999"), [1.0, 1.0]);
        assert_eq!(rewards("the Paris!;1998"), [1.0, 1.0]);
        assert_eq!(rewards("Paris"), [0.5, 0.0]);
        // The third of three answers to two questions is ignored.
        assert_eq!(rewards("Paris; 1999; Rome"), [1.0, 0.0]);
        assert_eq!(rewards("1999; Paris"), [0.0, 0.0]);
    }

    #[test]
    fn d_answers_without_words_are_worth_nothing() {
        for said in ["", ";", " ; the"] {
            assert_eq!(judge(said, &problems(), false), Outcome::GIVEN_UP, "{said}");
        }
        let outcome = judge("; 1999", &problems(), true);
        assert_eq!((outcome.exact, outcome.answered), (0.5, 0.5));
        assert!(!outcome.penalised);
    }

    #[test]
    fn f1_is_that_of_the_gold_that_fits_best() {
        let outcome = judge("Paris France; May 1999", &problems(), false);
        assert_eq!((outcome.exact, outcome.answered), (0.0, 1.0));
        assert!((outcome.f1 - 2.0 / 3.0).abs() < 1e-6, "{}", outcome.f1);
    }

    #[test]
    fn scores_are_at_least_0_whatever_the_penalty_and_returns_are_not() {
        let of = |json: &str, outcome| {
            let options = Options::parse(json).unwrap();
            let score = score(&options, outcome, 2, 3);
            (score.reward, paid(&options, outcome, 2))
        };
        let right = judge("Paris; 1999", &problems(), false);
        let wrong = judge("Rome; 2000", &problems(), false);
        assert_eq!(of("{}", right), (1.0, 1.0));
        assert_eq!(of("{}", Outcome::GIVEN_UP), (0.0, 0.0));
        let fined = r#"{"penalty": 0.1}"#;
        assert_eq!(of(fined, right), (1.0, 1.0));
        assert_eq!(of(fined, Outcome::GIVEN_UP), (0.0, -0.1));
        let (reward, paid) = of(fined, wrong);
        assert!((reward - 0.1 / 1.1).abs() < 1e-6 && paid == 0.0, "{reward}");
        assert_eq!(of(r#"{"scale": "count"}"#, right), (1.0, 2.0));
    }
}
