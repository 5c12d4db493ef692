//! Names, in three disjoint pools.

use memloom_sdk::generated::Split;

/// The names of a split.
pub trait Names {
    /// Returns the first names of its people.
    #[must_use]
    fn names(self) -> &'static [&'static str];
}

impl Names for Split {
    fn names(self) -> &'static [&'static str] {
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
