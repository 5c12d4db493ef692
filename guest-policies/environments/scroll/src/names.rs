//! Names of made-up people: a first and a last name. Splits share the words but no name, so that a
//! model knows every word of a text that it has never seen.

use memloom_sdk::generated::Split;

/// The number of names of the splits that have the fewest.
pub const FEWEST_NAMES: usize = FIRST.len() * LAST.len() / 4;

/// The names of a split.
pub trait Names {
    /// Returns its names: half of all for training, a quarter each for validation and reports.
    #[must_use]
    fn people(self) -> Vec<String>;
}

impl Names for Split {
    fn people(self) -> Vec<String> {
        let mut names = Vec::new();
        for (row, first) in FIRST.iter().enumerate() {
            for (column, last) in LAST.iter().enumerate() {
                let owner = match (row + column) % 4 {
                    0 | 1 => Self::Train,
                    2 => Self::Validation,
                    _ => Self::HeldOut,
                };
                if owner == self {
                    names.push(format!("{first} {last}"));
                }
            }
        }
        names
    }
}

const FIRST: [&str; 24] = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Henry", "Ines", "Jonas", "Karla",
    "Leo", "Maria", "Nico", "Olga", "Peter", "Rita", "Simon", "Tessa", "Ulrich", "Vera", "Walter",
    "Yvonne", "Zeno",
];

const LAST: [&str; 24] = [
    "Ashdown", "Bell", "Crane", "Drake", "Elm", "Field", "Grant", "Hale", "Irving", "Jarvis",
    "Knox", "Lund", "Moss", "North", "Oakes", "Pell", "Quill", "Reed", "Stone", "Thorn", "Usher",
    "Vale", "Webb", "Yates",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn splits_share_words_and_no_name() {
        let [train, validation, held_out] = Split::ALL.map(Split::people);
        let counts = [train.len(), validation.len(), held_out.len()];
        assert_eq!(counts, [288, FEWEST_NAMES, FEWEST_NAMES]);
        let all = [&train[..], &validation, &held_out].concat();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 576);
        let words = |names: &[String]| -> BTreeSet<String> {
            let words = names.iter().flat_map(|name| name.split(' '));
            words.map(String::from).collect()
        };
        assert_eq!(words(&train), words(&all));
    }
}
