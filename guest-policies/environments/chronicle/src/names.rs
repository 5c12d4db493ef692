//! Names, in three pools that share nobody.

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// A part of the episodes. Splits never share a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    /// To learn from.
    Train,
    /// To choose checkpoints by.
    Validation,
    /// To report on.
    HeldOut,
}

impl Split {
    /// In the order in which `load` lists them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::HeldOut];

    /// As a run file spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::HeldOut => "held-out",
        }
    }

    /// The split of this name.
    ///
    /// # Errors
    /// `unknown` where there is none.
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

    /// First names of its people.
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
