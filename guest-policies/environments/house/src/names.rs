//! Names: a quality and a noun. Splits share the words but no name, so that a model knows every
//! word of a house that it has never seen.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::types::LexiconKind;

/// The names of a split.
pub trait Names {
    /// Returns the names of its inhabitants, who speak in reports.
    #[must_use]
    fn inhabitants(self) -> &'static [&'static str];

    /// Returns its names that end in one of the nouns, in random order, but so that a noun occurs
    /// again only after all others.
    #[must_use]
    fn names(self, nouns: &[&str], random: &mut Random) -> Vec<String>;
}

impl Names for Split {
    fn inhabitants(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["Anna", "Ben"],
            Self::Validation => &["Clara", "Hugo"],
            Self::HeldOut => &["Emma", "Leo"],
        }
    }

    fn names(self, nouns: &[&str], random: &mut Random) -> Vec<String> {
        let mut names: Vec<(usize, String)> = Vec::new();
        for (row, noun) in nouns.iter().enumerate() {
            for (column, quality) in QUALITIES.iter().enumerate() {
                if owner(row + column) == self {
                    names.push((row, format!("{quality} {noun}")));
                }
            }
        }
        random.shuffle(&mut names);
        let mut times = vec![0; nouns.len()];
        let mut rounds: Vec<(usize, String)> = Vec::new();
        for (row, name) in names {
            rounds.push((times[row], name));
            times[row] += 1;
        }
        rounds.sort_by_key(|(round, _)| *round);
        rounds.into_iter().map(|(_, name)| name).collect()
    }
}

/// Returns the split that a diagonal of the table of qualities and nouns belongs to: half
/// of the names are for training.
fn owner(diagonal: usize) -> Split {
    match diagonal % 4 {
        0 | 1 => Split::Train,
        2 => Split::Validation,
        _ => Split::HeldOut,
    }
}

/// Returns the answers to questions in words, for policies that read without a model.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    let named = |noun: &&str| QUALITIES.map(|quality| format!("{quality} {noun}"));
    let names = |nouns: &[&str]| nouns.iter().flat_map(named).collect();
    let kind = |name: &str, cue: &str, values: Vec<String>| LexiconKind {
        name: name.into(),
        cues: vec![cue.into()],
        values,
    };
    let movable = [&THINGS[..], &FOOD, &KEYS, &TREASURES].concat();
    let mut things: Vec<String> = names(&movable);
    things.push("nothing".into());
    vec![
        kind("room", "which room", names(&ROOMS)),
        kind("thing", "what did you take", things),
        kind(
            "number",
            "how many rooms",
            (1..=12).map(|count: u32| count.to_string()).collect(),
        ),
    ]
}

const QUALITIES: [&str; 16] = [
    "red", "blue", "green", "white", "black", "yellow", "brown", "grey", "big", "small", "old",
    "new", "round", "long", "light", "heavy",
];

/// The nouns of rooms.
pub const ROOMS: [&str; 12] = [
    "kitchen", "hall", "cellar", "attic", "study", "bedroom", "pantry", "library", "garage",
    "office", "lounge", "workshop",
];

/// The nouns of objects that are neither food nor keys.
pub const THINGS: [&str; 16] = [
    "cup", "pen", "book", "lamp", "ball", "hat", "rope", "bell", "clock", "doll", "brush", "vase",
    "candle", "mirror", "scarf", "basket",
];

/// The nouns of food.
pub const FOOD: [&str; 8] = [
    "carrot", "potato", "apple", "onion", "egg", "fish", "pepper", "tomato",
];

/// The nouns of what opens a locker.
pub const KEYS: [&str; 3] = ["key", "card", "badge"];

/// The nouns of treasures.
pub const TREASURES: [&str; 4] = ["coin", "crown", "ring", "pearl"];

/// The nouns of meals.
pub const MEALS: [&str; 4] = ["soup", "stew", "pie", "salad"];

/// The nouns of what is crafted.
pub const PRODUCTS: [&str; 4] = ["kite", "flag", "torch", "puppet"];
