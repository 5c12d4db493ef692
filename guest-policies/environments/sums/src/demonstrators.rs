//! Demonstrators: careful, careless, and guessing ones.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::language::NUMBERS;
use crate::problem::{Problem, said};

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Works every answer out.
    Careful,
    /// Guesses one answer in five, and works the others out.
    Careless,
    /// Guesses every answer.
    Guessing,
}

/// The probability that the careless demonstrator guesses.
const GUESSES: f64 = 0.2;

impl Demonstrator {
    /// Returns the demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "everything" | "expert" => Ok(Self::Careful),
            "demonstrator" => Ok(Self::Careless),
            "nothing" => Ok(Self::Guessing),
            _ => Err(Error::Unknown(format!(
                "sums has no demonstrator `{name}`: use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns his action: the answer, after the worked steps if those can be said, or a digit that
    /// he guesses.
    #[must_use]
    pub fn action(self, problem: &Problem, with_steps: bool, random: &mut Random) -> String {
        let guesses = match self {
            Self::Careful => false,
            Self::Careless => random.chance(GUESSES),
            Self::Guessing => true,
        };
        match (guesses, with_steps) {
            (true, _) => said(&random.below(u64::from(NUMBERS)).to_string()),
            (false, true) => problem.worked_out(),
            (false, false) => problem.answered(),
        }
    }
}
