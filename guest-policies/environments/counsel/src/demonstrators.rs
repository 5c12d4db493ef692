//! Demonstrators: perfect, greedy, careless and idle keeping of what was said and seen.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::stream::Line;

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Acts like the expert and keeps every turn.
    Everything,
    /// Forgets everything between sessions.
    Nothing,
    /// Acts like the expert, one action in five at random, and is careless about turns.
    Careless,
    /// Acts with a perfect memory and keeps the turns that a later task may need.
    Expert,
}

/// The probability that the careless demonstrator keeps a turn that may be needed.
const KEEPS_NEEDED: f64 = 0.8;
/// The probability that he keeps another turn.
const KEEPS_OTHER: f64 = 0.2;
/// The probability that he acts at random.
const STRAYS: f64 = 0.2;

impl Demonstrator {
    /// Returns the demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "everything" => Ok(Self::Everything),
            "nothing" => Ok(Self::Nothing),
            "demonstrator" => Ok(Self::Careless),
            "expert" => Ok(Self::Expert),
            _ => Err(Error::Unknown(format!(
                "counsel has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns whether he inserts a turn.
    pub fn keeps(self, line: &Line, random: &mut Random) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Careless if line.needed => random.chance(KEEPS_NEEDED),
            Self::Careless => random.chance(KEEPS_OTHER),
            Self::Expert => line.needed,
        }
    }

    /// Returns whether he remembers earlier sessions.
    #[must_use]
    pub fn remembers(self) -> bool {
        self != Self::Nothing
    }

    /// Returns whether he acts at random now.
    pub fn strays(self, random: &mut Random) -> bool {
        self == Self::Careless && random.chance(STRAYS)
    }
}
