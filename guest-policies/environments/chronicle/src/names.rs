//! Names, in three disjoint pools.

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// A part of the episodes. Splits share no names.
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
                    "chronicle has no split `{name}`: use train, validation or held-out"
                ))
            })
    }

    /// Returns the first names of its people.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Train => &TRAIN,
            Self::Validation => &VALIDATION,
            Self::HeldOut => &HELD_OUT,
        }
    }
}

const TRAIN: [&str; 40] = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Henry", "Ines", "Jonas", "Karla",
    "Leo", "Maria", "Nico", "Olga", "Peter", "Rita", "Simon", "Tessa", "Ulrich", "Vera", "Walter",
    "Yvonne", "Adam", "Bianca", "Carlos", "Diana", "Edgar", "Fiona", "Gustav", "Helena", "Igor",
    "Julia", "Kevin", "Laura", "Martin", "Nora", "Oscar", "Paula", "Robert",
];

const VALIDATION: [&str; 12] = [
    "Agnes", "Boris", "Cecilia", "Dennis", "Elsa", "Frank", "Gloria", "Hugo", "Irene", "Jacob",
    "Kira", "Lukas",
];

const HELD_OUT: [&str; 24] = [
    "Alice", "Bruno", "Celine", "Daniel", "Erika", "Fabian", "Gina", "Hannah", "Ivan", "Jana",
    "Konrad", "Lena", "Marcus", "Nadia", "Oliver", "Petra", "Ralph", "Sarah", "Tobias", "Ursula",
    "Victor", "Wanda", "Xavier", "Zoe",
];
