//! The things of `conflicts`, their names and their relations. Names have two words; the splits
//! pair the same words differently, so that they share no name and a tokenizer of words knows
//! all.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person.
    Person,
    /// A firm.
    Firm,
    /// A town.
    Town,
}

/// The values of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Other things.
    Things(Kind),
    /// Words.
    Words(&'static [&'static str]),
}

/// The number of relations of a thing.
pub const RELATIONS: usize = 3;

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Person, Self::Firm, Self::Town];

    /// Returns its relations: the name and the values of each.
    #[must_use]
    pub fn relations(self) -> [(&'static str, Values); RELATIONS] {
        match self {
            Self::Person => [
                ("mentor", Values::Things(Self::Person)),
                ("employer", Values::Things(Self::Firm)),
                ("home", Values::Things(Self::Town)),
            ],
            Self::Firm => [
                ("head", Values::Things(Self::Person)),
                ("base", Values::Things(Self::Town)),
                ("product", Values::Words(&PRODUCTS)),
            ],
            Self::Town => [
                ("mayor", Values::Things(Self::Person)),
                ("river", Values::Words(&RIVERS)),
                ("dish", Values::Words(&DISHES)),
            ],
        }
    }

    fn words(self) -> [&'static [&'static str]; 2] {
        match self {
            Self::Person => [&FIRST_NAMES, &LAST_NAMES],
            Self::Firm => [&BRANDS, &TRADES],
            Self::Town => [&SIDES, &PLACES],
        }
    }

    /// Returns all names of a split.
    #[must_use]
    pub fn names(self, split: Split) -> Vec<String> {
        let [first, last] = self.words();
        let pairs = (0..first.len()).flat_map(|one| (0..last.len()).map(move |two| (one, two)));
        let own = pairs.filter(|(one, two)| (one + two) % Split::ALL.len() == split as usize);
        own.map(|(one, two)| format!("{} {}", first[one], last[two]))
            .collect()
    }

    /// Draws names of a split.
    #[must_use]
    pub fn draw(self, split: Split, count: usize, random: &mut Random) -> Vec<String> {
        let mut names = self.names(split);
        random.shuffle(&mut names);
        names.truncate(count);
        names
    }
}

const FIRST_NAMES: [&str; 20] = [
    "Clara", "Ben", "Greta", "Oscar", "Ines", "Hugo", "Marta", "Felix", "Nora", "Ivan", "Lotte",
    "Simon", "Edith", "Pablo", "Agnes", "Viktor", "Ruth", "Emil", "Sofia", "Karl",
];

const LAST_NAMES: [&str; 20] = [
    "Vale", "Field", "Moss", "Stone", "Brook", "Hart", "Lane", "Marsh", "Frost", "Birch", "Wolf",
    "Rivers", "Storm", "Heath", "Glover", "Fletcher", "Mason", "Weaver", "Porter", "Sawyer",
];

const BRANDS: [&str; 20] = [
    "Cedar", "Jade", "Arrow", "Copper", "Silver", "Amber", "Maple", "Falcon", "Harbor", "Summit",
    "Coral", "Iron", "Velvet", "Crystal", "Orchid", "Beacon", "Granite", "Lotus", "Comet",
    "Willow",
];

const TRADES: [&str; 20] = [
    "Motors",
    "Trading",
    "Studios",
    "Foods",
    "Press",
    "Works",
    "Textiles",
    "Tools",
    "Optics",
    "Shipping",
    "Toys",
    "Papers",
    "Bricks",
    "Instruments",
    "Leather",
    "Cycles",
    "Soaps",
    "Stoves",
    "Radio",
    "Tiles",
];

const SIDES: [&str; 20] = [
    "North", "South", "East", "West", "Upper", "Lower", "Old", "New", "Great", "Little", "High",
    "Long", "Broad", "Deep", "Fair", "Bright", "Still", "Far", "Green", "White",
];

const PLACES: [&str; 20] = [
    "Haven", "Bridge", "Ford", "Hill", "Gate", "Mouth", "Wood", "Cliff", "Shore", "Croft", "Dale",
    "Port", "Bay", "Well", "Mill", "Holm", "Wick", "Thorpe", "Bury", "Market",
];

const PRODUCTS: [&str; 16] = [
    "lanterns",
    "kettles",
    "ladders",
    "umbrellas",
    "pianos",
    "saddles",
    "mirrors",
    "blankets",
    "compasses",
    "barrels",
    "scissors",
    "candles",
    "trumpets",
    "wagons",
    "baskets",
    "spectacles",
];

const RIVERS: [&str; 16] = [
    "Avelle", "Bronde", "Cassen", "Dorme", "Elvar", "Fenna", "Gloan", "Hestre", "Iskar", "Jolne",
    "Kerva", "Lumme", "Morva", "Nesk", "Orlan", "Pelda",
];

const DISHES: [&str; 16] = [
    "dumplings",
    "pancakes",
    "lentils",
    "trout",
    "goulash",
    "porridge",
    "noodles",
    "sausages",
    "waffles",
    "oysters",
    "risotto",
    "cabbage",
    "omelette",
    "chestnuts",
    "mussels",
    "gingerbread",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn splits_share_words_and_no_name_and_have_enough() {
        for kind in Kind::ALL {
            let [train, validation, held_out] = Split::ALL.map(|split| {
                let names: BTreeSet<String> = kind.names(split).into_iter().collect();
                assert!(names.len() >= 100, "{}", names.len());
                names
            });
            let words = |names: &BTreeSet<String>| -> BTreeSet<String> {
                let words = names.iter().flat_map(|name| name.split(' '));
                words.map(String::from).collect()
            };
            assert!(train.is_disjoint(&validation) && train.is_disjoint(&held_out));
            assert!(validation.is_disjoint(&held_out));
            assert_eq!(words(&train), words(&validation));
            assert_eq!(words(&train), words(&held_out));
        }
    }

    #[test]
    fn no_value_is_a_part_of_another() {
        let things = Kind::ALL
            .into_iter()
            .flat_map(|kind| kind.names(Split::Train));
        let words = Kind::ALL.into_iter().flat_map(|kind| {
            let relations = kind.relations().into_iter();
            relations.flat_map(|(_, values)| match values {
                Values::Words(words) => words.iter().map(ToString::to_string).collect(),
                Values::Things(_) => Vec::new(),
            })
        });
        let values: Vec<String> = things
            .chain(words)
            .map(|name| name.to_lowercase())
            .collect();
        for (at, value) in values.iter().enumerate() {
            let mut others = values.iter().enumerate().filter(|(other, _)| *other != at);
            assert!(!others.any(|(_, other)| other.contains(value)), "{value}");
        }
    }
}
