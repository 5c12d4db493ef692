//! The fixed part of an episode: rooms, ways, furniture, things and recipes.

use serde::{Deserialize, Serialize};

/// A direction of the compass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Up on the grid.
    North,
    /// To the right.
    East,
    /// Down.
    South,
    /// To the left.
    West,
}

impl Direction {
    /// All directions, clockwise.
    pub const ALL: [Self; 4] = [Self::North, Self::East, Self::South, Self::West];

    /// Returns its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        ["north", "east", "south", "west"][self as usize]
    }

    /// Returns the way back.
    #[must_use]
    pub fn back(self) -> Self {
        Self::ALL[(self as usize + 2) % 4]
    }

    /// Returns the step on the grid, to the right and up.
    #[must_use]
    pub fn step(self) -> (i32, i32) {
        [(0, 1), (1, 0), (0, -1), (-1, 0)][self as usize]
    }
}

/// A room.
#[derive(Clone, Debug)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// The rooms next to it, by direction. A way leads in both directions.
    pub ways: [Option<usize>; 4],
}

/// A use of furniture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Things stand on it in sight.
    Support,
    /// It is opened and closed, and holds things.
    Container,
    /// A container with a key.
    Locker,
    /// Food is cooked with it.
    Device,
    /// A recipe is read from it.
    Notice,
}

/// A piece of furniture. Its name begins with its room's.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// Its room.
    pub room: usize,
    /// Its use.
    pub used: Use,
}

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThingKind {
    /// A plain object.
    Object,
    /// Food, which can be cut or cooked.
    Food,
    /// The key of the locker with this number among the fixtures.
    Key(usize),
    /// A treasure.
    Treasure,
    /// The product of a recipe.
    Product,
}

/// The place of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: not made yet, used up, or kept for a later hunt.
    Away,
    /// With the agent.
    Carried,
    /// On the floor of a room.
    Floor(usize),
    /// In or on a fixture.
    Fixture(usize),
}

/// A movable thing.
#[derive(Clone, Debug)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ThingKind,
    /// Its place in the beginning.
    pub home: Place,
}

/// The treatment of food.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// None.
    Raw,
    /// Cut.
    Cut,
    /// Cooked with a device.
    Cooked(usize),
}

/// A recipe.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The thing that it makes.
    pub product: usize,
    /// The things that it uses up, and the treatment of each.
    pub needs: Vec<(usize, Treatment)>,
    /// True if it makes a meal.
    pub meal: bool,
    /// The notice that it stands on.
    pub notice: usize,
}

/// A house.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// The rooms.
    pub rooms: Vec<Room>,
    /// The furniture.
    pub fixtures: Vec<Fixture>,
    /// The things.
    pub things: Vec<Thing>,
    /// The recipes. One that uses a product comes after the one that makes it.
    pub recipes: Vec<Recipe>,
}

impl House {
    /// Returns the fixtures of a room.
    pub fn furniture(&self, room: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.fixtures.len()).filter(move |&fixture| self.fixtures[fixture].room == room)
    }

    /// Returns the fixtures with one of these uses.
    #[must_use]
    pub fn used_as(&self, uses: &[Use]) -> Vec<usize> {
        (0..self.fixtures.len())
            .filter(|&fixture| uses.contains(&self.fixtures[fixture].used))
            .collect()
    }

    /// Returns whether things can be put in or on a fixture.
    #[must_use]
    pub fn holds(&self, fixture: usize) -> bool {
        !matches!(self.fixtures[fixture].used, Use::Device | Use::Notice)
    }

    /// Returns whether a fixture can be closed.
    #[must_use]
    pub fn closes(&self, fixture: usize) -> bool {
        matches!(self.fixtures[fixture].used, Use::Container | Use::Locker)
    }

    /// Returns the things that stand in the house: all but products, treasures and the keys
    /// that only lockers hold.
    pub fn standing(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.things.len()).filter(|&thing| self.things[thing].home != Place::Away)
    }

    /// Returns the directions in which a room has exits.
    pub fn exits(&self, room: usize) -> impl Iterator<Item = Direction> + '_ {
        Direction::ALL
            .into_iter()
            .filter(move |direction| self.rooms[room].ways[*direction as usize].is_some())
    }

    /// Returns the recipe that makes a thing.
    #[must_use]
    pub fn recipe(&self, product: usize) -> Option<usize> {
        self.recipes
            .iter()
            .position(|recipe| recipe.product == product)
    }

    /// Returns the room of a place; none for what is carried or away.
    #[must_use]
    pub fn room(&self, place: Place) -> Option<usize> {
        match place {
            Place::Away | Place::Carried => None,
            Place::Floor(room) => Some(room),
            Place::Fixture(fixture) => Some(self.fixtures[fixture].room),
        }
    }
}
