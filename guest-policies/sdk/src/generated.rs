//! Parts that environments with generated episodes share: splits without end, and the address
//! from which an episode follows.

use serde::{Deserialize, Serialize};

use crate::environment::{self, DataFile, LoadReport};
use crate::types::Error;

/// A part of the episodes.
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
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::HeldOut => "held-out",
        }
    }

    /// Returns the split of this name; `whose` is the environment's.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none.
    pub fn parse(whose: &str, name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|split| split.name() == name).ok_or_else(|| {
            Error::Unknown(format!(
                "{whose} has no split `{name}`: use train, validation or held-out"
            ))
        })
    }
}

/// The identity of an open episode. With the options it determines all that is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The split, which determines the names.
    pub split: Split,
    /// Its number in the split.
    pub index: u64,
    /// The number of sessions.
    pub sessions: u32,
}

/// Returns the report of an environment that has all splits, without end, and reads no file.
///
/// # Errors
/// [`Error::Invalid`] if there is a file; `whose` is the environment's name.
pub fn load(whose: &str, files: &[DataFile]) -> Result<LoadReport, Error> {
    if let Some(file) = files.first() {
        return Err(Error::Invalid(format!(
            "{whose} generates its episodes and reads no file: remove `{}`",
            file.name
        )));
    }
    let splits = Split::ALL.map(|split| environment::Split {
        name: split.name().into(),
        episodes: None,
    });
    Ok(LoadReport {
        splits: splits.into(),
        warnings: Vec::new(),
    })
}
