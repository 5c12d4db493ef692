//! The memory of somebody who forgets nothing.

use std::collections::VecDeque;

use crate::fact::Fact;
use crate::house::{Direction, House, Place, Treatment};
use crate::world::{Shut, World, after, shut_at_first};

/// The place of a thing, as it was perceived last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belief {
    /// The place.
    pub place: Place,
    /// The session that showed it.
    pub session: u32,
    /// The turn of a report that told it, counted from 1.
    pub turn: Option<u32>,
}

/// All that was perceived.
#[derive(Clone, Debug)]
pub struct Mind {
    session: u32,
    /// The room of the agent.
    pub here: usize,
    /// The places of things; none where unknown.
    pub beliefs: Vec<Option<Belief>>,
    /// The first places of things.
    pub first: Vec<Option<Belief>>,
    /// The treatment of things.
    pub treated: Vec<Treatment>,
    /// Which fixtures are shut; none for those that were not seen.
    pub shut: Vec<Option<Shut>>,
    /// The keys of lockers.
    pub keys: Vec<Option<usize>>,
    /// The rooms next to rooms, where known.
    pub ways: Vec<[Option<usize>; 4]>,
    /// The recipes that are known.
    pub recipes: Vec<bool>,
    /// The rooms that were seen in this session.
    pub seen: Vec<bool>,
    /// The fixtures that were looked into, and the notices that were read, in this session.
    pub checked: Vec<bool>,
    /// The recipes that were made in this session.
    pub made: Vec<usize>,
    /// The things that were eaten in this session.
    pub eaten: Vec<usize>,
    /// The things that were taken, each with its session, in order.
    pub taken: Vec<(u32, usize)>,
    /// The rooms that the agent was in, each with its session, in order.
    pub visited: Vec<(u32, usize)>,
}

impl Mind {
    /// Returns a mind that knows nothing of a house.
    #[must_use]
    pub fn new(house: &House) -> Self {
        let (rooms, fixtures) = (house.rooms.len(), house.fixtures.len());
        let things = house.things.len();
        Self {
            session: 0,
            here: 0,
            beliefs: vec![None; things],
            first: vec![None; things],
            treated: vec![Treatment::Raw; things],
            shut: vec![None; fixtures],
            keys: vec![None; fixtures],
            ways: vec![[None; 4]; rooms],
            recipes: vec![false; house.recipes.len()],
            seen: vec![false; rooms],
            checked: vec![false; fixtures],
            made: Vec::new(),
            eaten: Vec::new(),
            taken: Vec::new(),
            visited: Vec::new(),
        }
    }

    /// Begins a session, before which everything happened that always happens between sessions.
    pub fn begin(&mut self, house: &House, session: u32) {
        for (thing, belief) in self.beliefs.iter_mut().enumerate() {
            if house.things[thing].home == Place::Away {
                self.first[thing] = None;
            }
            let Some(before) = *belief else { continue };
            let used = self.treated[thing] != Treatment::Raw;
            let home = self.first[thing].map_or(Place::Away, |first| first.place);
            let place = after(house, before.place, used, home, self.here);
            *belief = match place {
                Place::Away => None,
                _ if place == home => self.first[thing],
                _ => Some(Belief { place, ..before }),
            };
        }
        for (shut, fixture) in self.shut.iter_mut().zip(&house.fixtures) {
            *shut = shut.map(|_| shut_at_first(fixture.used));
        }
        self.treated.fill(Treatment::Raw);
        self.seen.fill(false);
        self.checked.fill(false);
        self.made.clear();
        self.eaten.clear();
        self.session = session;
    }

    /// Learns everything about the present state of a house.
    pub fn complete(&mut self, house: &House, world: &World) {
        for (thing, place) in world.places.iter().enumerate() {
            self.believe(thing, *place, None);
            self.first[thing] = Some(Belief {
                place: house.things[thing].home,
                session: 1,
                turn: None,
            });
        }
        for (known, shut) in self.shut.iter_mut().zip(&world.shut) {
            *known = Some(*shut);
        }
        for (ways, room) in self.ways.iter_mut().zip(&house.rooms) {
            *ways = room.ways;
        }
        self.recipes.fill(true);
    }

    /// Adds a fact.
    pub fn perceive(&mut self, house: &House, fact: &Fact) {
        match fact {
            Fact::Here(room) => {
                self.here = *room;
                self.visited.push((self.session, *room));
            }
            Fact::Way(from, way) => self.walk(house, *from, *way),
            Fact::Holds(place, things) => self.see(*place, things),
            Fact::Shut(fixture, shut) => self.shut[*fixture] = Some(*shut),
            Fact::Stands(fixture) => self.shut[*fixture] = Some(Shut::Open),
            Fact::Unlocked(fixture) => self.shut[*fixture] = Some(Shut::Closed),
            Fact::Opens(key, locker) => self.keys[*locker] = Some(*key),
            Fact::Recipe(recipe) => {
                self.recipes[*recipe] = true;
                self.checked[house.recipes[*recipe].notice] = true;
            }
            Fact::Told(thing, place, turn) => self.believe(*thing, *place, *turn),
            Fact::Missing(thing) => {
                let here = |belief: &Belief| house.room(belief.place) == Some(self.here);
                self.beliefs[*thing] = self.beliefs[*thing].filter(|belief| !here(belief));
            }
            Fact::Exits(_) | Fact::Carrying(_) | Fact::Remark(_) => {}
            Fact::Took(thing) => {
                self.taken.push((self.session, *thing));
                self.believe(*thing, Place::Carried, None);
            }
            Fact::Put(thing, fixture) => self.believe(*thing, Place::Fixture(*fixture), None),
            Fact::Treated(thing, treatment) => self.treated[*thing] = *treatment,
            Fact::Made(recipe) => {
                let recipe_made = &house.recipes[*recipe];
                for (part, _) in &recipe_made.needs {
                    self.believe(*part, Place::Away, None);
                }
                self.believe(recipe_made.product, Place::Carried, None);
                self.made.push(*recipe);
            }
            Fact::Ate(thing) => {
                self.believe(*thing, Place::Away, None);
                self.eaten.push(*thing);
            }
        }
    }

    fn walk(&mut self, house: &House, from: usize, way: Direction) {
        if let Some(to) = house.rooms[from].ways[way as usize] {
            self.ways[from][way as usize] = Some(to);
            self.ways[to][way.back() as usize] = Some(from);
        }
    }

    /// Learns all things at a place, hence also what is not there any more.
    fn see(&mut self, place: Place, things: &[usize]) {
        match place {
            Place::Floor(room) => self.seen[room] = true,
            Place::Fixture(fixture) => {
                self.checked[fixture] = true;
                self.shut[fixture] = Some(Shut::Open);
            }
            Place::Away | Place::Carried => {}
        }
        for belief in &mut self.beliefs {
            if belief.is_some_and(|belief| belief.place == place) {
                *belief = None;
            }
        }
        for &thing in things {
            self.believe(thing, place, None);
        }
    }

    fn believe(&mut self, thing: usize, place: Place, turn: Option<u32>) {
        let belief = Some(Belief {
            place,
            session: self.session,
            turn,
        });
        self.beliefs[thing] = belief;
        self.first[thing] = self.first[thing].or(belief);
    }

    /// Returns the place where a thing was perceived last, unless it was gone from there.
    #[must_use]
    pub fn place(&self, thing: usize) -> Option<Place> {
        self.beliefs[thing].map(|belief| belief.place)
    }

    /// Returns where to look for a thing: where it was perceived last, or if it is gone from
    /// there where it was at first, unless that was looked into in this session.
    #[must_use]
    pub fn likely(&self, thing: usize) -> Option<Belief> {
        let first = self.first[thing].filter(|first| match first.place {
            Place::Floor(room) => !self.seen[room],
            Place::Fixture(fixture) => !self.checked[fixture],
            Place::Away | Place::Carried => false,
        });
        self.beliefs[thing].or(first)
    }

    /// Returns whether the agent carries a thing.
    #[must_use]
    pub fn carries(&self, thing: usize) -> bool {
        self.place(thing) == Some(Place::Carried)
    }

    /// Returns the known rooms that can be reached over known ways, nearest first, each with the
    /// number of steps and the direction of the first.
    #[must_use]
    pub fn reachable(&self) -> Vec<(usize, usize, Option<Direction>)> {
        let mut found = vec![(self.here, 0, None)];
        let mut queue = VecDeque::from([0]);
        while let Some(next) = queue.pop_front() {
            let (room, steps, first) = found[next];
            for way in Direction::ALL {
                let Some(to) = self.ways[room][way as usize] else {
                    continue;
                };
                if found.iter().all(|(other, ..)| *other != to) {
                    queue.push_back(found.len());
                    found.push((to, steps + 1, first.or(Some(way))));
                }
            }
        }
        found
    }
}
