//! Demonstrators: perfect, greedy, careless and idle readers.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Keeps everything that it reads.
    Everything,
    /// Keeps nothing, and guesses.
    Nothing,
    /// Keeps most of what matters, and some of the rest.
    Careless,
    /// Keeps what can still matter.
    Expert,
}

/// The probability that the careless demonstrator keeps what matters.
const KEEPS_NEEDED: f64 = 0.8;
/// The probability that it keeps something else.
const KEEPS_OTHER: f64 = 0.05;

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
                "scroll has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns whether it keeps a sentence or a section.
    pub fn keeps(self, needed: bool, random: &mut Random) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Careless => random.chance(if needed { KEEPS_NEEDED } else { KEEPS_OTHER }),
            Self::Expert => needed,
        }
    }

    /// Returns whether it knows the answer to a file's question, once it has read the text.
    #[must_use]
    pub fn knows_files(self) -> bool {
        matches!(self, Self::Everything | Self::Expert)
    }
}
