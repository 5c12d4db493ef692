//! Numbers that are left, each with the expression that made it.

use serde::{Deserialize, Serialize};

use crate::puzzle::fraction::{Fraction, OPERATORS};

/// The number to make.
pub const GOAL: i64 = 24;

/// The most numbers that are left.
pub const MOST_TERMS: usize = 4;

/// A number and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The number.
    pub value: Fraction,
    /// The expression, in parentheses if it has an operator.
    pub text: String,
}

/// A step: the places of two different terms, and the operator between them.
pub type Step = (usize, char, usize);

/// Returns the terms of the first numbers.
#[must_use]
pub fn start(numbers: &[i64]) -> Vec<Term> {
    let term = |&number: &i64| Term {
        value: Fraction::whole(number),
        text: number.to_string(),
    };
    numbers.iter().map(term).collect()
}

/// Returns what is left after a step; none if it divides by 0.
#[must_use]
pub fn after(terms: &[Term], (first, operator, second): Step) -> Option<Vec<Term>> {
    let (one, two) = (terms.get(first)?, terms.get(second)?);
    let made = Term {
        value: one.value.apply(operator, two.value)?,
        text: format!("({} {operator} {})", one.text, two.text),
    };
    let places = terms.iter().enumerate();
    let others = places.filter(|(place, _)| ![first, second].contains(place));
    let mut left: Vec<Term> = others.map(|(_, term)| term.clone()).collect();
    left.push(made);
    Some(left)
}

/// Returns all steps, divisions by 0 among them.
pub fn steps(terms: &[Term]) -> impl Iterator<Item = Step> {
    let count = terms.len();
    let pairs = (0..count).flat_map(move |first| (0..count).map(move |second| (first, second)));
    let pairs = pairs.filter(|(first, second)| first != second);
    pairs.flat_map(|(first, second)| {
        // The order of a sum or a product tells nothing new.
        let useful = move |&sign: &char| first < second || sign == '-' || sign == '/';
        let signs = OPERATORS.into_iter().filter(useful);
        signs.map(move |sign| (first, sign, second))
    })
}

/// Returns the step with which a solution goes on, and the expression that it ends with; none
/// if there is no solution.
#[must_use]
pub fn solve(terms: &[Term]) -> Option<(Option<Step>, String)> {
    if let [term] = terms {
        let solved = term.value == Fraction::whole(GOAL);
        return solved.then(|| (None, term.text.clone()));
    }
    steps(terms).find_map(|step| {
        let (_, expression) = solve(&after(terms, step)?)?;
        Some((Some(step), expression))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn solutions_are_found_over_fractions_too() {
        for numbers in [[4, 9, 10, 13], [3, 3, 8, 8], [1, 5, 5, 5]] {
            assert!(solve(&start(&numbers)).is_some(), "{numbers:?}");
        }
        assert_eq!(solve(&start(&[1, 1, 1, 1])), None);
        assert_eq!(solve(&[]), None);
    }

    #[test]
    fn a_step_leaves_the_others_and_the_result() {
        let left = after(&start(&[4, 9, 10, 13]), (3, '-', 1)).unwrap();
        let shown: Vec<String> = left.iter().map(|term| term.value.to_string()).collect();
        assert_eq!(shown, ["4", "10", "4"]);
        assert_eq!(left[2].text, "(13 - 9)");
        assert_eq!(after(&start(&[0, 5]), (1, '/', 0)), None);
    }
}
