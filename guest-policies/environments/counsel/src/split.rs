//! The parts of the episodes.

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// A part of the episodes. Splits share no names and no puzzles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    /// For training.
    Train,
    /// For the choice of checkpoints.
    Validation,
    /// For reports.
    HeldOut,
}

impl Split {
    /// All splits in the order of `load`.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::HeldOut];

    /// Returns the name in run files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::HeldOut => "held-out",
        }
    }

    /// Returns the split of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| {
                Error::Unknown(format!(
                    "counsel has no split `{name}`: use train, validation or held-out"
                ))
            })
    }
}
