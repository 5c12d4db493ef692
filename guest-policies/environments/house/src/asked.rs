//! Questions about the past.

use crate::act::Reply;
use crate::house::{House, Place};
use crate::mind::{Belief, Mind};

/// A question about the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The room of a thing.
    Room(usize),
    /// The thing that was taken first in a session.
    Taken(u32),
    /// The number of rooms that the agent was in during a session.
    Rooms(u32),
}

impl Asked {
    /// Returns the question.
    #[must_use]
    pub fn question(self, house: &House) -> String {
        match self {
            Self::Room(thing) => format!("which room is {} in?", house.things[thing].name),
            Self::Taken(session) => format!("what did you take first on day {session}?"),
            Self::Rooms(session) => format!("how many rooms did you see on day {session}?"),
        }
    }

    /// Returns what shows the answer to somebody who perceived this.
    #[must_use]
    pub fn source(self, mind: &Mind) -> Option<Belief> {
        match self {
            Self::Room(thing) => mind.beliefs[thing],
            Self::Taken(session) | Self::Rooms(session) => Some(Belief {
                place: Place::Away,
                session,
                turn: None,
            }),
        }
    }

    /// Returns all answers that may be right.
    #[must_use]
    pub fn replies(self, house: &House) -> Vec<Reply> {
        match self {
            Self::Room(_) => (0..house.rooms.len()).map(Reply::Room).collect(),
            Self::Taken(_) => {
                let things = (0..house.things.len()).map(Reply::Thing);
                things.chain([Reply::Nothing]).collect()
            }
            Self::Rooms(_) => (1..=house.rooms.len() as u32).map(Reply::Count).collect(),
        }
    }

    /// Returns the answer of somebody who believes that things are at these places; none if it
    /// is unknown.
    #[must_use]
    pub fn answer(
        self,
        house: &House,
        mind: &Mind,
        place: impl Fn(usize) -> Option<Place>,
    ) -> Option<Reply> {
        match self {
            Self::Room(thing) => match place(thing)? {
                Place::Carried => Some(mind.here),
                place => house.room(place),
            }
            .map(Reply::Room),
            Self::Taken(session) => {
                let mut taken = mind.taken.iter();
                let first = taken.find(|(at, _)| *at == session);
                Some(first.map_or(Reply::Nothing, |(_, thing)| Reply::Thing(*thing)))
            }
            Self::Rooms(session) => {
                let visited = |room: usize| mind.visited.contains(&(session, room));
                let count = (0..house.rooms.len()).filter(|&room| visited(room)).count();
                (count > 0).then_some(Reply::Count(count as u32))
            }
        }
    }
}
