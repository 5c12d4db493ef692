//! Kinds of made-up things, and their names of two words.

use memloom_sdk::random::Random;

use memloom_sdk::generated::Split;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    Person,
    /// A firm.
    Firm,
    /// A town.
    Town,
    /// A river.
    River,
    /// Goods that a firm makes.
    Product,
    /// A dish that a town is known for.
    Dish,
    /// A person who answers questions for money.
    Adviser,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Person,
        Self::Firm,
        Self::Town,
        Self::River,
        Self::Product,
        Self::Dish,
        Self::Adviser,
    ];

    /// The kinds of things about which there are facts, in the order of [`DOMAINS`].
    pub const SUBJECTS: [Self; 3] = [Self::Person, Self::Firm, Self::Town];

    /// Returns the first and the second words of names, [`WORDS`] of each.
    #[must_use]
    pub fn words(self) -> [&'static [&'static str; WORDS]; 2] {
        match self {
            Self::Person => [&PEOPLE, &FAMILIES],
            Self::Firm => [&BRANDS, &TRADES],
            Self::Town => [&SITES, &TOWNS],
            Self::River => [&WATERS, &RIVERS],
            Self::Product => [&MATERIALS, &GOODS],
            Self::Dish => [&RECIPES, &FOODS],
            Self::Adviser => [&TITLES, &SURNAMES],
        }
    }

    /// Draws up to [`WORDS`] names. No two share a word. Every split uses every word, in pairs
    /// of its own.
    #[must_use]
    pub fn names(self, split: Split, count: u32, random: &mut Random) -> Vec<String> {
        let [firsts, seconds] = self.words();
        let shuffled = |random: &mut Random| {
            let mut places: Vec<usize> = (0..WORDS).collect();
            random.shuffle(&mut places);
            places
        };
        let first = shuffled(random);
        let mut second = shuffled(random);
        let pairs = first.iter().take(count as usize).filter_map(|&first| {
            let fits = |&second: &usize| (first + second) % Split::ALL.len() == split as usize;
            let second = second.swap_remove(second.iter().position(fits)?);
            Some(format!("{} {}", firsts[first], seconds[second]))
        });
        pairs.collect()
    }
}

/// The domains of knowledge, by the kind of the facts' subjects.
pub const DOMAINS: [&str; 3] = ["people", "firms", "towns"];

/// The number of words in each list.
pub const WORDS: usize = 12;

const PEOPLE: [&str; WORDS] = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Henry", "Ines", "Jonas", "Karla",
    "Leo",
];
const FAMILIES: [&str; WORDS] = [
    "Hill", "Marsh", "Stone", "Brook", "Field", "Wood", "Lake", "Reed", "Frost", "Vale", "Dale",
    "Moss",
];
const BRANDS: [&str; WORDS] = [
    "Amber", "Arrow", "Atlas", "Beacon", "Cedar", "Comet", "Delta", "Falcon", "Granite", "Harbor",
    "Ivory", "Jade",
];
const TRADES: [&str; WORDS] = [
    "Works",
    "Trading",
    "Foundry",
    "Mills",
    "Motors",
    "Press",
    "Supply",
    "Partners",
    "Logistics",
    "Studios",
    "Tools",
    "Brewing",
];
const SITES: [&str; WORDS] = [
    "Port", "Saint", "Upper", "Lower", "North", "South", "East", "West", "New", "Old", "Great",
    "Little",
];
const TOWNS: [&str; WORDS] = [
    "Alder", "Barrow", "Corby", "Denby", "Elton", "Farley", "Garton", "Holm", "Iver", "Kelby",
    "Lorton", "Malby",
];
const WATERS: [&str; WORDS] = [
    "Quick", "Slow", "Clear", "Muddy", "Winding", "Broad", "Narrow", "Deep", "Shallow", "Silent",
    "Foaming", "Icy",
];
const RIVERS: [&str; WORDS] = [
    "Tarn", "Usk", "Vey", "Wharf", "Yar", "Nidd", "Rother", "Severn", "Ouse", "Lune", "Eden",
    "Dove",
];
const MATERIALS: [&str; WORDS] = [
    "Copper", "Brass", "Iron", "Silver", "Paper", "Leather", "Cotton", "Linen", "Rubber", "Wax",
    "Clay", "Glass",
];
const GOODS: [&str; WORDS] = [
    "Lamps", "Kettles", "Buttons", "Ropes", "Wheels", "Boots", "Candles", "Clocks", "Gloves",
    "Bells", "Nails", "Jars",
];
const RECIPES: [&str; WORDS] = [
    "Smoked", "Salted", "Fried", "Baked", "Sweet", "Sour", "Spiced", "Boiled", "Roast", "Pickled",
    "Stuffed", "Grilled",
];
const FOODS: [&str; WORDS] = [
    "Trout",
    "Carrots",
    "Dumplings",
    "Onions",
    "Pears",
    "Beans",
    "Eggs",
    "Cabbage",
    "Plums",
    "Turnips",
    "Mushrooms",
    "Noodles",
];
const TITLES: [&str; WORDS] = [
    "Doctor",
    "Captain",
    "Judge",
    "Sister",
    "Uncle",
    "Master",
    "Aunt",
    "Brother",
    "Major",
    "Lady",
    "Colonel",
    "Professor",
];
const SURNAMES: [&str; WORDS] = [
    "Abbot", "Bishop", "Carver", "Drake", "Eaves", "Finch", "Gale", "Hawk", "Ingram", "Jessop",
    "Knox", "Lark",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::questions::relation::Relation;

    #[test]
    fn no_word_has_two_uses() {
        let lists = Kind::ALL.iter().flat_map(|kind| kind.words());
        let words = lists.flat_map(|list| list.iter().map(|word| word.to_lowercase()));
        let relations = Relation::ALL.map(|relation| relation.name().to_string());
        let all: Vec<String> = words.chain(relations).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn splits_share_words_and_no_names() {
        let names = |split: Split| -> BTreeSet<String> {
            (0..50)
                .flat_map(|seed| Kind::Town.names(split, 12, &mut Random::new(seed)))
                .collect()
        };
        let [train, validation, held_out] = Split::ALL.map(names);
        assert!(train.is_disjoint(&validation) && train.is_disjoint(&held_out));
        assert!(validation.is_disjoint(&held_out));
        let words = |names: &BTreeSet<String>| -> BTreeSet<String> {
            let words = names.iter().flat_map(|name| name.split(' '));
            words.map(String::from).collect()
        };
        assert_eq!(words(&train), words(&held_out));
    }

    #[test]
    fn names_of_an_episode_share_no_word() {
        let names = Kind::Dish.names(Split::Validation, 12, &mut Random::new(4));
        let words: BTreeSet<&str> = names.iter().flat_map(|name| name.split(' ')).collect();
        assert_eq!((names.len(), words.len()), (12, 24));
    }
}
