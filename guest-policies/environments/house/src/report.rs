//! Dialogues in which inhabitants show the house, or tell what they moved. Of the moves some
//! sentences are about another house, and some are about nothing.

use crate::fact::{Fact, at};
use crate::house::{Direction, House, Place};
use crate::world::Shut;

/// The meaning of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A thing was put at a place.
    Move(usize, Place),
    /// A thing of the same name is at such a place in another house.
    Lure(usize, Place),
    /// Small talk.
    Talk(&'static str),
    /// A part of the house that is shown.
    Shown(Shown),
}

/// A part of the house that an inhabitant shows on the first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The room in a direction of another.
    Way(usize, Direction),
    /// The place of a thing.
    Thing(usize, Place),
    /// A fixture that is closed or locked.
    Shut(usize, Shut),
    /// A fixture that holds nothing.
    Empty(usize),
    /// A device.
    Stands(usize),
    /// The locker that a key opens.
    Opens(usize, usize),
    /// A recipe.
    Recipe(usize),
}

impl Shown {
    /// Returns what is perceived, in the turn of this number.
    #[must_use]
    pub fn fact(self, number: u32) -> Fact {
        match self {
            Self::Way(room, way) => Fact::Way(room, way),
            Self::Thing(thing, place) => Fact::Told(thing, place, Some(number)),
            Self::Shut(fixture, shut) => Fact::Shut(fixture, shut),
            Self::Empty(fixture) => Fact::Holds(Place::Fixture(fixture), Vec::new()),
            Self::Stands(fixture) => Fact::Stands(fixture),
            Self::Opens(key, locker) => Fact::Opens(key, locker),
            Self::Recipe(recipe) => Fact::Recipe(recipe),
        }
    }
}

impl Told {
    /// Returns the sentence.
    #[must_use]
    pub fn text(self, house: &House) -> String {
        match self {
            Self::Move(thing, place) => {
                format!("i put {} {}.", house.things[thing].name, at(house, place))
            }
            Self::Lure(thing, place) => {
                let name = &house.things[thing].name;
                format!("my aunt has {name} {} at her house.", at(house, place))
            }
            Self::Talk(text) => text.into(),
            Self::Shown(shown) => shown.fact(0).sentences(house).join(" "),
        }
    }
}

/// Small talk.
pub const TALK: [&str; 6] = [
    "it rained all day.",
    "i slept very well.",
    "how are you today?",
    "see you soon.",
    "i am a little tired.",
    "that was a nice week.",
];

/// A dialogue.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The content of the turns, in order.
    pub turns: Vec<Told>,
}

impl Report {
    /// Returns what somebody learns from it who sees through the lures.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let turns = (1..).zip(&self.turns);
        turns
            .filter_map(|(number, told)| match told {
                Told::Move(thing, place) => Some(Fact::Told(*thing, *place, Some(number))),
                Told::Shown(shown) => Some(shown.fact(number)),
                Told::Lure(..) | Told::Talk(_) => None,
            })
            .collect()
    }
}

/// Returns the id of a turn.
#[must_use]
pub fn turn_id(session: u32, turn: u32) -> String {
    format!("D{session}:{turn}")
}
