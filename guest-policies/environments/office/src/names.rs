//! Words of the world. The names of people, cities and notes lie in three disjoint pools.

use memloom_sdk::generated::Split;
use memloom_sdk::types::LexiconKind;

/// The names of a split.
pub trait Names {
    /// Returns the names of people: more than the contacts of an episode.
    #[must_use]
    fn people(self) -> &'static [&'static str];

    /// Returns the destinations of flights.
    #[must_use]
    fn cities(self) -> &'static [&'static str];

    /// Returns the titles of notes.
    #[must_use]
    fn titles(self) -> &'static [&'static str];
}

impl Names for Split {
    fn people(self) -> &'static [&'static str] {
        match self {
            Self::Train => &[
                "anna", "ben", "clara", "david", "emma", "felix", "greta", "henry", "ines",
                "jonas", "karla", "leo", "maria", "nico",
            ],
            Self::Validation => &[
                "agnes", "boris", "cecilia", "dennis", "elsa", "frank", "gloria", "hugo", "irene",
                "jacob",
            ],
            Self::HeldOut => &[
                "alice", "bruno", "celine", "daniel", "erika", "fabian", "gina", "hannah", "ivan",
                "jana", "konrad", "lena",
            ],
        }
    }

    fn cities(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["rome", "paris", "oslo", "lisbon", "madrid", "berlin"],
            Self::Validation => &["vienna", "dublin", "prague", "athens"],
            Self::HeldOut => &["tokyo", "boston", "cairo", "lima", "geneva"],
        }
    }

    fn titles(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["garden", "project", "birthday", "summer", "kitchen", "club"],
            Self::Validation => &["winter", "school", "music", "bicycle"],
            Self::HeldOut => &["wedding", "harvest", "museum", "studio", "festival"],
        }
    }
}

/// The relations of contacts, each held by one of them.
pub const RELATIONS: [&str; 8] = [
    "boss",
    "sister",
    "friend",
    "doctor",
    "brother",
    "neighbour",
    "lawyer",
    "teacher",
];

/// The first halves of addresses. None tells whose it is.
pub const ADDRESSES: [&str; 16] = [
    "oak", "birch", "maple", "pine", "willow", "cedar", "elm", "ash", "fox", "owl", "crow", "deer",
    "hare", "seal", "swan", "wolf",
];

/// The words that are passwords.
pub const PASSWORDS: [&str; 10] = [
    "amber", "coral", "ivory", "jade", "onyx", "pearl", "ruby", "silver", "topaz", "velvet",
];

/// The subjects of requests and mails.
pub const SUBJECTS: [&str; 5] = ["lunch", "taxi", "gift", "rent", "coffee"];

/// Returns the values of the closed language, by the fields that name them.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    let of_splits = |words: fn(Split) -> &'static [&'static str]| {
        Split::ALL.into_iter().flat_map(words).copied().collect()
    };
    [
        ("person", vec!["name", "from"], of_splits(Split::people)),
        ("city", vec!["to"], of_splits(Split::cities)),
        ("note", vec!["title"], of_splits(Split::titles)),
        ("relation", vec!["relation"], RELATIONS.to_vec()),
        ("address", vec!["email"], ADDRESSES.to_vec()),
        ("password", vec!["password"], PASSWORDS.to_vec()),
        ("subject", vec!["subject"], SUBJECTS.to_vec()),
    ]
    .into_iter()
    .map(
        |(name, cues, values): (&str, Vec<&str>, Vec<&str>)| LexiconKind {
            name: name.into(),
            cues: cues.into_iter().map(String::from).collect(),
            values: values.into_iter().map(String::from).collect(),
        },
    )
    .collect()
}
