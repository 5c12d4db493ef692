//! The cases that a task is shown.

use memloom_sdk::bank::Hit;

use crate::case::Case;

/// The cases that a task is shown: those to follow and those to avoid, the most fitting of each last.
#[derive(Debug, Default)]
pub struct Shown {
    /// The successes. Their numbers are their places, from 1.
    pub successes: Vec<Case>,
    /// The failures.
    pub failures: Vec<Case>,
}

impl Shown {
    /// Returns the cases of hits, the best of which come first.
    pub fn new(successes: Vec<Hit>, failures: Vec<Hit>) -> Self {
        let cases = |hits: Vec<Hit>| hits.into_iter().rev().map(Case::new).collect();
        Self {
            successes: cases(successes),
            failures: cases(failures),
        }
    }

    /// Returns the success of a number, counted from 1.
    pub fn success(&self, number: usize) -> Option<&Case> {
        self.successes.get(number.checked_sub(1)?)
    }

    /// Returns the number of the most fitting success whose plan has an action.
    pub fn with_action(&self, action: &str) -> Option<usize> {
        let found = self.successes.iter().rposition(|case| case.has(action));
        found.map(|place| place + 1)
    }
}
