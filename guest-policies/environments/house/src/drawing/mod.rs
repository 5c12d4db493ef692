//! The drawing of what happens in a session: what is moved, and what is told of it.

use memloom_sdk::random::Random;

use crate::house::{House, Place, ThingKind, Use};
use crate::mind::{Belief, Mind};
use crate::report::{Report, Shown, TALK, Told};
use crate::world::{Shut, World};

mod tasks;

/// The moves that a report tells: at least, if need be made for it, and at most.
const FEWEST_MOVES: usize = 2;
const MOST_MOVES: usize = 3;
/// The probability that a lure follows a move, so that about one sentence in five is one, and
/// that small talk does.
const LURE: f64 = 0.25;
const SMALL_TALK: f64 = 0.5;
/// The probability that a thing is asked for that was moved after the tour, if there is one.
const MOVED: f64 = 0.5;

/// The state in which a session is drawn.
pub struct Drawing<'a> {
    house: &'a House,
    random: Random,
    /// The session's number.
    pub number: u32,
    /// The house as the expert left or finds it.
    world: World,
    /// What the expert knows.
    mind: Mind,
    /// The moves before the session.
    pub changes: Vec<(usize, Place)>,
}

impl<'a> Drawing<'a> {
    /// Returns a drawing in this state, before anything is moved.
    #[must_use]
    pub fn new(house: &'a House, random: Random, number: u32, world: World, mind: Mind) -> Self {
        Self {
            house,
            random,
            number,
            world,
            mind,
            changes: Vec::new(),
        }
    }

    /// Begins the session.
    pub fn begin(&mut self) {
        self.world.pass(self.house);
        self.mind.begin(self.house, self.number);
    }

    /// Moves each standing thing with this probability.
    pub fn drift(&mut self, probability: f64) {
        for thing in self.house.standing() {
            if self.random.chance(probability) {
                self.relocate(thing);
            }
        }
    }

    /// Returns the report of an inhabitant who shows the whole house.
    pub fn showing(&self) -> Report {
        let mut shown = Vec::new();
        for room in 0..self.house.rooms.len() {
            for way in self.house.exits(room) {
                if self.house.rooms[room].ways[way as usize] > Some(room) {
                    shown.push(Shown::Way(room, way));
                }
            }
            self.show_things(Place::Floor(room), &mut shown);
            for fixture in self.house.furniture(room) {
                self.show_fixture(fixture, &mut shown);
            }
        }
        Report {
            turns: shown.into_iter().map(Told::Shown).collect(),
        }
    }

    fn show_fixture(&self, fixture: usize, shown: &mut Vec<Shown>) {
        let shut = self.world.shut[fixture];
        match self.house.fixtures[fixture].used {
            Use::Notice => {
                let recipes = self.house.recipes.iter().enumerate();
                let own = recipes.filter(|(_, recipe)| recipe.notice == fixture);
                shown.extend(own.map(|(recipe, _)| Shown::Recipe(recipe)));
            }
            Use::Device => shown.push(Shown::Stands(fixture)),
            Use::Container | Use::Locker | Use::Support => {
                if shut != Shut::Open {
                    shown.push(Shown::Shut(fixture, shut));
                }
                if shut != Shut::Locked {
                    let before = shown.len();
                    self.show_things(Place::Fixture(fixture), shown);
                    if shown.len() == before {
                        shown.push(Shown::Empty(fixture));
                    }
                }
            }
        }
    }

    fn show_things(&self, place: Place, shown: &mut Vec<Shown>) {
        for thing in self.world.contents(place) {
            shown.push(Shown::Thing(thing, place));
            if let ThingKind::Key(locker) = self.house.things[thing].kind {
                shown.push(Shown::Opens(thing, locker));
            }
        }
    }

    /// Returns a report of moves that nobody has told yet.
    pub fn report(&mut self) -> Report {
        let mut things: Vec<usize> = self.house.standing().collect();
        self.random.shuffle(&mut things);
        let (mut moved, unmoved): (Vec<usize>, Vec<usize>) =
            things.into_iter().partition(|&thing| !self.known(thing));
        let missing = FEWEST_MOVES.saturating_sub(moved.len());
        for thing in unmoved.into_iter().take(missing) {
            self.relocate(thing);
            moved.push(thing);
        }
        moved.truncate(MOST_MOVES);
        let mut turns = Vec::new();
        for thing in moved {
            turns.push(Told::Move(thing, self.world.places[thing]));
            if self.random.chance(LURE) {
                turns.push(self.lure());
            }
            if self.random.chance(SMALL_TALK) {
                turns.push(Told::Talk(TALK[self.below(TALK.len())]));
            }
        }
        Report { turns }
    }

    /// Returns a thing whose place is known.
    fn wanted(&mut self) -> usize {
        let mut known: Vec<usize> = self.house.standing().filter(|&it| self.known(it)).collect();
        if known.is_empty() {
            known.push(0);
            self.shown(0);
        }
        let moved: Vec<usize> = known
            .iter()
            .copied()
            .filter(|&thing| self.mind.beliefs[thing].is_some_and(|belief| belief.session > 1))
            .collect();
        let recent = self.random.chance(MOVED);
        let from = match recent && !moved.is_empty() {
            true => moved,
            false => known,
        };
        from[self.below(from.len())]
    }

    /// Returns what is known of the place of a thing. A thing that was moved unseen is moved
    /// back to where it is looked for.
    fn shown(&mut self, thing: usize) -> Option<Belief> {
        let likely = self.mind.likely(thing);
        if let Some(belief) = likely.filter(|_| !self.known(thing)) {
            self.change(thing, belief.place);
        }
        likely
    }

    fn known(&self, thing: usize) -> bool {
        self.mind.place(thing) == Some(self.world.places[thing])
    }

    fn relocate(&mut self, thing: usize) {
        let place = self.elsewhere(thing);
        self.change(thing, place);
    }

    /// Returns a support or container where a thing is not.
    fn elsewhere(&mut self, thing: usize) -> Place {
        let mut places = self.storage();
        places.retain(|&fixture| self.world.places[thing] != Place::Fixture(fixture));
        Place::Fixture(places[self.below(places.len())])
    }

    fn lure(&mut self) -> Told {
        let things: Vec<usize> = self.house.standing().collect();
        let thing = things[self.below(things.len())];
        Told::Lure(thing, self.elsewhere(thing))
    }

    fn change(&mut self, thing: usize, place: Place) {
        self.world.places[thing] = place;
        self.changes.retain(|(other, _)| *other != thing);
        self.changes.push((thing, place));
    }

    fn storage(&self) -> Vec<usize> {
        self.house.used_as(&[Use::Support, Use::Container])
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }
}
