//! Dialogues in which inhabitants tell what they moved. Some sentences are about another house,
//! and some are about nothing.

use crate::fact::{Fact, at};
use crate::house::{House, Place};

/// The meaning of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A thing was put at a place.
    Move(usize, Place),
    /// A thing of the same name is at such a place in another house.
    Lure(usize, Place),
    /// Small talk.
    Talk(&'static str),
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
