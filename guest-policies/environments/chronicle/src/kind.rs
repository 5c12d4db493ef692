//! The kinds of attributes.

use memloom_sdk::types::LexiconKind;

use crate::names::Names;
use memloom_sdk::generated::Split;

/// A kind of attribute: a person has at most one value of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The city of residence.
    City,
    /// The job.
    Job,
    /// The pet.
    Pet,
    /// The hobby.
    Hobby,
    /// The car.
    Car,
    /// The mentor, another person of the episode.
    Mentor,
    /// A planned journey: its value is a date.
    Trip,
}

impl Kind {
    /// All kinds in the order of questions and lexicon.
    pub const ALL: [Self; 7] = [
        Self::City,
        Self::Job,
        Self::Pet,
        Self::Hobby,
        Self::Car,
        Self::Mentor,
        Self::Trip,
    ];

    /// Returns its name in the lexicon.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Job => "job",
            Self::Pet => "pet",
            Self::Hobby => "hobby",
            Self::Car => "car",
            Self::Mentor => "mentor",
            Self::Trip => "trip",
        }
    }

    /// Returns the words by which questions ask for it. Every sentence about this kind, also a
    /// lure, contains the first; no other sentence contains any of them.
    #[must_use]
    pub fn cues(self) -> &'static [&'static str] {
        match self {
            Self::City => &["live", "lives"],
            Self::Job => &["work", "works"],
            Self::Pet => &["pet"],
            Self::Hobby => &["hobby"],
            Self::Car => &["drive", "drives"],
            Self::Mentor => &["mentor"],
            Self::Trip => &["trip"],
        }
    }

    /// Returns its values; for a trip the months, for a mentor none, since they are people.
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::City => &CITIES,
            Self::Job => &JOBS,
            Self::Pet => &PETS,
            Self::Hobby => &HOBBIES,
            Self::Car => &CARS,
            Self::Mentor => &[],
            Self::Trip => &MONTHS,
        }
    }
}

/// Returns the closed language in lower case, for policies that read without a model.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    Kind::ALL.map(lexicon_kind).into()
}

fn lexicon_kind(kind: Kind) -> LexiconKind {
    let values: Vec<&str> = match kind {
        Kind::Mentor => Split::ALL
            .iter()
            .flat_map(|split| split.names())
            .copied()
            .collect(),
        _ => kind.values().to_vec(),
    };
    LexiconKind {
        name: kind.name().into(),
        cues: kind.cues().iter().map(|&cue| cue.into()).collect(),
        values: values.iter().map(|value| value.to_lowercase()).collect(),
    }
}

/// The months, in order.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The destinations of trips. None is a value of a kind, since questions about trips name them.
pub const DESTINATIONS: [&str; 12] = [
    "Iceland", "Peru", "Kenya", "Norway", "Japan", "Cuba", "Malta", "Nepal", "Brazil", "Canada",
    "Greece", "Scotland",
];

const CITIES: [&str; 16] = [
    "Rome", "Paris", "Oslo", "Lisbon", "Madrid", "Berlin", "Vienna", "Dublin", "Prague", "Athens",
    "Tokyo", "Boston", "Chicago", "Cairo", "Lima", "Geneva",
];

const JOBS: [&str; 16] = [
    "baker",
    "nurse",
    "pilot",
    "teacher",
    "lawyer",
    "farmer",
    "plumber",
    "dentist",
    "waiter",
    "gardener",
    "painter",
    "tailor",
    "chemist",
    "barber",
    "writer",
    "carpenter",
];

const PETS: [&str; 14] = [
    "dog", "cat", "parrot", "rabbit", "hamster", "turtle", "snake", "lizard", "goldfish", "pony",
    "ferret", "canary", "gecko", "duck",
];

const HOBBIES: [&str; 16] = [
    "chess",
    "yoga",
    "pottery",
    "tennis",
    "knitting",
    "sailing",
    "hiking",
    "fishing",
    "dancing",
    "gardening",
    "climbing",
    "baking",
    "photography",
    "archery",
    "karate",
    "juggling",
];

const CARS: [&str; 14] = [
    "Volvo", "Fiat", "Honda", "Toyota", "Tesla", "Mazda", "Renault", "Skoda", "Peugeot", "Nissan",
    "Subaru", "Jeep", "Suzuki", "Kia",
];
