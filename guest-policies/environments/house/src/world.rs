//! The changing part of an episode: the places of things, what is open, and where the agent is.

use crate::house::{House, Place, Treatment, Use};

/// True if a fixture can be reached into. Only containers and lockers are ever shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Locked.
    Locked,
}

/// The state of a house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The room of the agent.
    pub here: usize,
    /// The places of things.
    pub places: Vec<Place>,
    /// The treatment of things; raw for all but food.
    pub treated: Vec<Treatment>,
    /// Which fixtures are shut.
    pub shut: Vec<Shut>,
}

impl World {
    /// Returns the first state of a house.
    #[must_use]
    pub fn new(house: &House) -> Self {
        Self {
            here: 0,
            places: house.things.iter().map(|thing| thing.home).collect(),
            treated: vec![Treatment::Raw; house.things.len()],
            shut: house
                .fixtures
                .iter()
                .map(|fixture| shut_at_first(fixture.used))
                .collect(),
        }
    }

    /// Returns the things at a place.
    #[must_use]
    pub fn contents(&self, place: Place) -> Vec<usize> {
        (0..self.places.len())
            .filter(|&thing| self.places[thing] == place)
            .collect()
    }

    /// Returns whether the agent can see and take a thing.
    #[must_use]
    pub fn in_reach(&self, house: &House, thing: usize) -> bool {
        let place = self.places[thing];
        let shut = match place {
            Place::Fixture(fixture) => self.shut[fixture] != Shut::Open,
            _ => false,
        };
        house.room(place) == Some(self.here) && !shut
    }

    /// Returns whether the agent carries a thing.
    #[must_use]
    pub fn carries(&self, thing: usize) -> bool {
        self.places[thing] == Place::Carried
    }

    /// Passes to the next session: what is carried is laid down, what is open is closed,
    /// lockers are locked and emptied, and what was used is back where it was at first.
    pub fn pass(&mut self, house: &House) {
        for (thing, place) in self.places.iter_mut().enumerate() {
            let used = self.treated[thing] != Treatment::Raw;
            *place = after(house, *place, used, house.things[thing].home, self.here);
        }
        self.treated.fill(Treatment::Raw);
        for (shut, fixture) in self.shut.iter_mut().zip(&house.fixtures) {
            *shut = shut_at_first(fixture.used);
        }
    }
}

/// Returns whether a fixture is shut when a session begins.
#[must_use]
pub fn shut_at_first(used: Use) -> Shut {
    match used {
        Use::Container => Shut::Closed,
        Use::Locker => Shut::Locked,
        Use::Support | Use::Device | Use::Notice => Shut::Open,
    }
}

/// Returns the place of a thing in the next session, if nobody moves it. `used` says that it was
/// cut or cooked, `home` is its place at first.
#[must_use]
pub fn after(house: &House, place: Place, used: bool, home: Place, here: usize) -> Place {
    match place {
        _ if used || home == Place::Away => home,
        Place::Away => home,
        Place::Fixture(fixture) if house.fixtures[fixture].used == Use::Locker => home,
        Place::Carried => Place::Floor(here),
        Place::Floor(_) | Place::Fixture(_) => place,
    }
}
