//! Actions: their words, and what the words mean.

use serde::{Deserialize, Serialize};

use crate::fact::onto;
use crate::house::{Direction, House};

/// An action. Numbers are those of rooms, fixtures and things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Looks around.
    Look,
    /// Looks at what is carried.
    Inventory,
    /// Goes in a direction.
    Go(Direction),
    /// Goes one room towards this one over known ways.
    GoTo(usize),
    /// Opens a fixture.
    Open(usize),
    /// Closes a fixture.
    Close(usize),
    /// Unlocks a fixture with a thing.
    Unlock(usize, usize),
    /// Takes a thing, from a fixture if one is named.
    Take(usize, Option<usize>),
    /// Puts a thing in or on a fixture.
    Put(usize, usize),
    /// Reads a notice.
    Read(usize),
    /// Cuts a thing.
    Cut(usize),
    /// Cooks a thing with a device.
    Cook(usize, usize),
    /// Eats a thing.
    Eat(usize),
    /// Makes a thing from what is carried.
    Craft(usize),
    /// Answers the question of a task.
    Answer(Reply),
    /// Ends the task.
    Done,
    /// Anything else.
    Nonsense,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// A room.
    Room(usize),
    /// A thing.
    Thing(usize),
    /// A number.
    Count(u32),
    /// The word `nothing`.
    Nothing,
    /// Anything else.
    Other,
}

impl Act {
    /// Returns its words.
    #[must_use]
    pub fn text(self, house: &House) -> String {
        let room = |room: usize| &house.rooms[room].name;
        let fixture = |fixture: usize| &house.fixtures[fixture].name;
        let thing = |thing: usize| &house.things[thing].name;
        match self {
            Self::Look => "look".into(),
            Self::Inventory => "inventory".into(),
            Self::Go(way) => format!("go {}", way.word()),
            Self::GoTo(to) => format!("go to {}", room(to)),
            Self::Open(it) => format!("open {}", fixture(it)),
            Self::Close(it) => format!("close {}", fixture(it)),
            Self::Unlock(it, key) => format!("unlock {} with {}", fixture(it), thing(key)),
            Self::Take(it, None) => format!("take {}", thing(it)),
            Self::Take(it, Some(from)) => format!("take {} from {}", thing(it), fixture(from)),
            Self::Put(it, to) => {
                format!("put {} {} {}", thing(it), onto(house, to), fixture(to))
            }
            Self::Read(it) => format!("read {}", fixture(it)),
            Self::Cut(it) => format!("cut {}", thing(it)),
            Self::Cook(it, with) => format!("cook {} with {}", thing(it), fixture(with)),
            Self::Eat(it) => format!("eat {}", thing(it)),
            Self::Craft(it) => format!("craft {}", thing(it)),
            Self::Answer(reply) => format!("answer {}", reply.text(house)),
            Self::Done => "done".into(),
            Self::Nonsense => String::new(),
        }
    }

    /// Returns the action that these words ask for. Case, punctuation and articles do not
    /// matter.
    #[must_use]
    pub fn parse(house: &House, text: &str) -> Self {
        Self::read(house, &plain(text)).unwrap_or(Self::Nonsense)
    }

    fn read(house: &House, text: &str) -> Option<Self> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let thing = |name: &str| named(house.things.iter().map(|thing| &thing.name), name);
        let fixture = |name: &str| named(house.fixtures.iter().map(|it| &it.name), name);
        let room = |name: &str| named(house.rooms.iter().map(|room| &room.name), name);
        Some(match verb {
            "look" if rest.is_empty() => Self::Look,
            "inventory" if rest.is_empty() => Self::Inventory,
            "done" if rest.is_empty() => Self::Done,
            "go" => match rest.strip_prefix("to ") {
                Some(name) => Self::GoTo(room(name)?),
                None => Self::Go(Direction::ALL.into_iter().find(|way| way.word() == rest)?),
            },
            "open" => Self::Open(fixture(rest)?),
            "close" => Self::Close(fixture(rest)?),
            "unlock" => {
                let (it, key) = rest.split_once(" with ")?;
                Self::Unlock(fixture(it)?, thing(key)?)
            }
            "take" => match rest.split_once(" from ") {
                Some((it, from)) => Self::Take(thing(it)?, Some(fixture(from)?)),
                None => Self::Take(thing(rest)?, None),
            },
            "put" => {
                let (it, to) = rest.split_once(" in ").or(rest.split_once(" on "))?;
                Self::Put(thing(it)?, fixture(to)?)
            }
            "read" => Self::Read(fixture(rest)?),
            "cut" => Self::Cut(thing(rest)?),
            "cook" => {
                let (it, with) = rest.split_once(" with ")?;
                Self::Cook(thing(it)?, fixture(with)?)
            }
            "eat" => Self::Eat(thing(rest)?),
            "craft" => Self::Craft(thing(rest)?),
            "answer" if rest == "nothing" => Self::Answer(Reply::Nothing),
            "answer" => Self::Answer(
                room(rest)
                    .map(Reply::Room)
                    .or_else(|| thing(rest).map(Reply::Thing))
                    .or_else(|| rest.parse().ok().map(Reply::Count))
                    .unwrap_or(Reply::Other),
            ),
            _ => return None,
        })
    }

    /// Returns whether every number is that of something in the house.
    #[must_use]
    pub fn fits(self, house: &House) -> bool {
        let room = |it: usize| it < house.rooms.len();
        let fixture = |it: usize| it < house.fixtures.len();
        let thing = |it: usize| it < house.things.len();
        match self {
            Self::GoTo(to) | Self::Answer(Reply::Room(to)) => room(to),
            Self::Open(it) | Self::Close(it) | Self::Read(it) => fixture(it),
            Self::Take(it, from) => thing(it) && from.is_none_or(fixture),
            Self::Unlock(at, it) | Self::Put(it, at) | Self::Cook(it, at) => {
                thing(it) && fixture(at)
            }
            Self::Cut(it) | Self::Eat(it) | Self::Craft(it) | Self::Answer(Reply::Thing(it)) => {
                thing(it)
            }
            Self::Look
            | Self::Inventory
            | Self::Go(_)
            | Self::Answer(Reply::Count(_) | Reply::Nothing | Reply::Other)
            | Self::Done
            | Self::Nonsense => true,
        }
    }
}

impl Reply {
    /// Returns its words.
    #[must_use]
    pub fn text(self, house: &House) -> String {
        match self {
            Self::Room(room) => house.rooms[room].name.clone(),
            Self::Thing(thing) => house.things[thing].name.clone(),
            Self::Count(count) => count.to_string(),
            Self::Nothing => "nothing".into(),
            Self::Other => String::new(),
        }
    }
}

fn named<'a>(mut names: impl Iterator<Item = &'a String>, name: &str) -> Option<usize> {
    names.position(|other| other == name)
}

/// Returns the words in lower case, without punctuation at their ends and without articles,
/// with one space between them.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        word.to_lowercase()
    });
    let words = words.filter(|word| !matches!(word.as_str(), "" | "the" | "a" | "an"));
    words.collect::<Vec<_>>().join(" ")
}
