//! Names of made-up things: two words each. Splits share the words but no name, so that a model
//! knows every word of a world that it has never seen.

use memloom_sdk::generated::Split;

use crate::fact::Kind;

/// Returns the names that a split has for a kind: half of all for training, a quarter each for
/// validation and reports.
pub fn names(split: Split, kind: Kind) -> Vec<String> {
    let (first, last): (&[&str], &[&str]) = match kind {
        Kind::Person => (&FIRST_NAMES, &LAST_NAMES),
        Kind::Firm => (&BRANDS, &TRADES),
        Kind::Town => (&SIDES, &PLACES),
    };
    let mut names = Vec::new();
    for (row, first) in first.iter().enumerate() {
        for (column, last) in last.iter().enumerate() {
            let owner = match (row + column) % 4 {
                0 | 1 => Split::Train,
                2 => Split::Validation,
                _ => Split::HeldOut,
            };
            if owner == split {
                names.push(format!("{first} {last}"));
            }
        }
    }
    names
}

const FIRST_NAMES: [&str; 16] = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Henry", "Ines", "Jonas", "Karla",
    "Leo", "Maria", "Nico", "Olga", "Peter",
];

const LAST_NAMES: [&str; 16] = [
    "Ashdown", "Bell", "Crane", "Drake", "Elm", "Grant", "Hale", "Irving", "Jarvis", "Knox",
    "Lund", "Moss", "Oakes", "Pell", "Quill", "Reed",
];

const BRANDS: [&str; 8] = [
    "Cedar", "Amber", "Copper", "Silver", "Harvest", "Comet", "Anchor", "Falcon",
];

const TRADES: [&str; 8] = [
    "Motors", "Works", "Trading", "Studios", "Foods", "Tools", "Lines", "Labs",
];

const SIDES: [&str; 8] = [
    "North", "South", "East", "West", "Old", "New", "Upper", "Lower",
];

const PLACES: [&str; 8] = [
    "Haven", "Bridge", "Ford", "Harbour", "Mill", "Gate", "Castle", "Wood",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn splits_share_words_and_no_name() {
        for (kind, counts) in [
            (Kind::Person, [128, 64, 64]),
            (Kind::Firm, [32, 16, 16]),
            (Kind::Town, [32, 16, 16]),
        ] {
            let all = Split::ALL.map(|split| names(split, kind));
            assert_eq!(all.each_ref().map(Vec::len), counts);
            let words = |names: &[String]| -> BTreeSet<String> {
                let words = names.iter().flat_map(|name| name.split(' '));
                words.map(String::from).collect()
            };
            assert_eq!(words(&all[0]), words(&all.concat()));
            let distinct: BTreeSet<String> = all.concat().into_iter().collect();
            assert_eq!(distinct.len(), counts.iter().sum::<usize>());
        }
    }
}
