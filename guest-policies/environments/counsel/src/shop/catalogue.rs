//! The shop's goods: items of a category that differ in three aspects.

use memloom_sdk::random::Random;

use crate::questions::kind::Kind;
use memloom_sdk::generated::Split;

/// The categories of items.
pub const CATEGORIES: [&str; 6] = ["coat", "bag", "chair", "carpet", "hat", "blanket"];

/// The aspects of items.
pub const ASPECTS: [&str; 3] = ["colour", "material", "maker"];

/// The number of values of each aspect.
pub const VALUES: usize = 6;

const COLOURS: [&str; VALUES] = ["red", "blue", "green", "white", "black", "yellow"];
const MATERIALS: [&str; VALUES] = ["wool", "silk", "felt", "velvet", "straw", "canvas"];

/// An item of a category: the place of its value of each aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item(pub [usize; ASPECTS.len()]);

impl Item {
    /// Returns all items.
    pub fn all() -> impl Iterator<Item = Self> {
        let values = 0..VALUES;
        values.flat_map(|colour| {
            let pairs =
                (0..VALUES).flat_map(|material| (0..VALUES).map(move |maker| (material, maker)));
            pairs.map(move |(material, maker)| Self([colour, material, maker]))
        })
    }

    /// Draws an item.
    pub fn draw(random: &mut Random) -> Self {
        Self(ASPECTS.map(|_| random.below(VALUES as u64) as usize))
    }

    /// Returns the item with another value of an aspect.
    #[must_use]
    pub fn with(mut self, aspect: usize, value: usize) -> Self {
        self.0[aspect] = value;
        self
    }

    /// Returns the number of aspects in which two items agree.
    #[must_use]
    pub fn agreement(self, other: Self) -> usize {
        let pairs = self.0.into_iter().zip(other.0);
        pairs.filter(|(one, two)| one == two).count()
    }
}

/// The words for the values of aspects. The makers have names of the split.
#[derive(Clone, Debug)]
pub struct Catalogue {
    values: [Vec<String>; ASPECTS.len()],
}

impl Catalogue {
    /// Draws the makers.
    pub fn new(split: Split, random: &mut Random) -> Self {
        let makers = Kind::Firm.names(split, VALUES as u32, random);
        Self {
            values: [
                COLOURS.map(String::from).into(),
                MATERIALS.map(String::from).into(),
                makers,
            ],
        }
    }

    /// Returns a description, for instance `red wool coat by Amber Mills`.
    #[must_use]
    pub fn describe(&self, category: usize, item: Item) -> String {
        let [colours, materials, makers] = &self.values;
        let Item([colour, material, maker]) = item;
        format!(
            "{} {} {} by {}",
            colours[colour], materials[material], CATEGORIES[category], makers[maker]
        )
    }

    /// Returns the category and the item of a description.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<(usize, Item)> {
        let (kind, maker) = text.split_once(" by ")?;
        let mut words = kind.split(' ');
        let mut place = |names: &[String]| {
            let word = words.next()?;
            names.iter().position(|name| name == word)
        };
        let [colours, materials, makers] = &self.values;
        let (colour, material) = (place(colours)?, place(materials)?);
        let category = words.next()?;
        let category = CATEGORIES.iter().position(|&known| known == category)?;
        let maker = makers.iter().position(|known| known == maker)?;
        Some((category, Item([colour, material, maker])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_reads_back() {
        let catalogue = Catalogue::new(Split::Train, &mut Random::new(1));
        for category in 0..CATEGORIES.len() {
            for item in Item::all() {
                let text = catalogue.describe(category, item);
                assert_eq!(catalogue.read(&text), Some((category, item)));
            }
        }
        assert_eq!(catalogue.read("red wool coat"), None);
        assert_eq!(catalogue.read("red wool boat by nobody"), None);
    }
}
