//! The drawing of tasks and questions.

use super::Drawing;
use crate::asked::Asked;
use crate::goal::Goal;
use crate::house::{Place, ThingKind};
use crate::mind::Belief;
use crate::session::{Needs, Query, Task};

/// The number of things to tidy.
const UNTIDY: usize = 2;
/// The probability of a second locker in a hunt.
const SECOND_LOCKER: f64 = 0.5;

impl Drawing<'_> {
    /// Returns the tour.
    pub fn tour(&mut self) -> Task {
        self.task_of(Goal::Tour, &[])
    }

    /// Returns a task to bring a thing to another room.
    pub fn find(&mut self) -> Task {
        let thing = self.wanted();
        let room = self.house.room(self.world.places[thing]);
        let places = self.storage();
        let elsewhere: Vec<usize> = places
            .into_iter()
            .filter(|&fixture| Some(self.house.fixtures[fixture].room) != room)
            .collect();
        let to = elsewhere[self.below(elsewhere.len())];
        let known = self.mind.likely(thing);
        self.task_of(Goal::Find { thing, to }, &[known])
    }

    /// Returns a task to open lockers, for which it puts key and treasure into them.
    pub fn hunt(&mut self) -> Task {
        let lockers = self.keyed();
        let outer = 1 + self.below(lockers.len() - 1);
        let mut chain = vec![lockers[outer]];
        if self.random.chance(SECOND_LOCKER) {
            let (first, _) = lockers[outer];
            let (_, key) = lockers[0];
            self.change(key, Place::Fixture(first));
            chain.push(lockers[0]);
        }
        let treasures = self.treasures();
        let treasure = treasures[self.below(treasures.len())];
        if let Some((last, _)) = chain.last() {
            self.change(treasure, Place::Fixture(*last));
        }
        let (_, key) = lockers[outer];
        let known = self.shown(key);
        let goal = Goal::Hunt {
            treasure,
            lockers: chain,
        };
        self.task_of(goal, &[known])
    }

    /// Returns a task to put things back, for which it puts them elsewhere.
    pub fn tidy(&mut self) -> Task {
        let mut things: Vec<usize> = self.house.standing().collect();
        self.random.shuffle(&mut things);
        things.truncate(UNTIDY);
        let untidy: Vec<(usize, usize)> = things
            .into_iter()
            .map(|thing| {
                let home = self.house.room(self.house.things[thing].home);
                let room = self.other_room(home);
                self.change(thing, Place::Floor(room));
                (thing, room)
            })
            .collect();
        let first: Vec<Option<Belief>> = untidy
            .iter()
            .map(|(thing, _)| self.mind.first[*thing])
            .collect();
        self.task_of(Goal::Tidy(untidy), &first)
    }

    /// Returns a task to make a meal or another product.
    pub fn make(&mut self, meal: bool) -> Task {
        let recipes = 0..self.house.recipes.len();
        let mut fitting: Vec<usize> = recipes
            .filter(|&recipe| self.house.recipes[recipe].meal == meal)
            .collect();
        // The first product is but a part of the others.
        if !meal {
            fitting.remove(0);
        }
        let recipe = fitting[self.below(fitting.len())];
        let parts = self.parts(recipe).into_iter();
        let known: Vec<Option<Belief>> = parts.map(|part| self.shown(part)).collect();
        self.task_of(Goal::Make(recipe), &known)
    }

    /// Returns a task to answer a question.
    pub fn recall(&mut self) -> Task {
        let possible = self.about_the_past();
        let asked = possible[self.below(possible.len())];
        self.task_of(Goal::Recall(asked), &[asked.source(&self.mind)])
    }

    /// Returns a question of each kind that has an answer.
    fn about_the_past(&mut self) -> Vec<Asked> {
        let mut asked = vec![Asked::Room(self.wanted())];
        if let Some((session, _)) = self.random.pick(&self.mind.taken) {
            asked.extend([Asked::Taken(*session), Asked::Rooms(*session)]);
        }
        asked
    }

    /// Returns the questions that are asked in words when the episode is over.
    pub fn queries(&mut self) -> Vec<Query> {
        let asked = self.about_the_past().into_iter();
        asked
            .map(|asked| Query {
                asked,
                needs: Needs::new([], &[asked.source(&self.mind)]),
            })
            .collect()
    }

    /// Returns a task that needs the tour, which shows the ways, and what was believed.
    fn task_of(&mut self, goal: Goal, known: &[Option<Belief>]) -> Task {
        Task {
            goal,
            start: self.below(self.house.rooms.len()),
            needs: Needs::new([1, self.number], known),
        }
    }

    fn other_room(&mut self, room: Option<usize>) -> usize {
        let rooms = 0..self.house.rooms.len();
        let others: Vec<usize> = rooms.filter(|other| Some(*other) != room).collect();
        others[self.below(others.len())]
    }

    fn treasures(&self) -> Vec<usize> {
        let things = &self.house.things;
        (0..things.len())
            .filter(|&thing| things[thing].kind == ThingKind::Treasure)
            .collect()
    }

    /// Returns the lockers with their keys; the first is the one whose key only lockers hold.
    fn keyed(&self) -> Vec<(usize, usize)> {
        let things = self.house.things.iter().enumerate();
        things
            .filter_map(|(key, thing)| match thing.kind {
                ThingKind::Key(locker) => Some((locker, key)),
                _ => None,
            })
            .collect()
    }

    /// Returns the things that a recipe is made of in the end.
    fn parts(&self, recipe: usize) -> Vec<usize> {
        let needs = self.house.recipes[recipe].needs.iter();
        needs
            .flat_map(|(part, _)| match self.house.recipe(*part) {
                Some(other) => self.parts(other),
                None => vec![*part],
            })
            .collect()
    }
}
