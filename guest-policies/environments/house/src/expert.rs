//! The next action of somebody who acts as well as what they know allows.

use crate::act::Act;
use crate::goal::Goal;
use crate::house::{House, Place, Treatment, Use};
use crate::mind::Mind;
use crate::world::Shut;

/// The number of lockers that may lie inside each other on the way to a thing.
const DEPTH: u32 = 4;

/// Returns the next action towards a goal: the nearest useful one, or if too little is known
/// the nearest that shows something new, or the end.
#[must_use]
pub fn next(house: &House, mind: &Mind, goal: &Goal) -> Act {
    let expert = Expert { house, mind };
    expert
        .towards(goal)
        .or_else(|| expert.explore(goal))
        .map_or(Act::Done, |errand| errand.act)
}

/// Something to do now, and the number of rooms to pass before it pays.
struct Errand {
    distance: usize,
    act: Act,
}

/// A part and its treatment.
type Need = (usize, Treatment);

struct Expert<'a> {
    house: &'a House,
    mind: &'a Mind,
}

impl Expert<'_> {
    fn towards(&self, goal: &Goal) -> Option<Errand> {
        match goal {
            Goal::Tour => None,
            Goal::Find { thing, to } => self.bring(*thing, *to),
            Goal::Hunt { treasure, lockers } => self.fetch(*treasure, DEPTH).or_else(|| {
                let (first, _) = lockers.first()?;
                self.reach(*first, Act::Open(*first), DEPTH)
            }),
            Goal::Tidy(things) => nearest(things.iter().map(|(thing, _)| self.put_back(*thing))),
            Goal::Make(recipe) => self.make(*recipe),
            Goal::Recall(asked) => {
                let reply = asked.answer(self.house, self.mind, |it| self.mind.place(it))?;
                self.at(self.mind.here, Act::Answer(reply))
            }
        }
    }

    /// Acts in a room, or goes there.
    fn at(&self, room: usize, act: Act) -> Option<Errand> {
        let reachable = self.mind.reachable();
        let (_, distance, _) = reachable.into_iter().find(|(other, ..)| *other == room)?;
        let act = if distance == 0 { act } else { Act::GoTo(room) };
        Some(Errand { distance, act })
    }

    /// Acts at a fixture, after going there, unlocking and opening it.
    fn reach(&self, fixture: usize, act: Act, depth: u32) -> Option<Errand> {
        let room = self.house.fixtures[fixture].room;
        match self.mind.shut[fixture] {
            Some(Shut::Closed) => self.at(room, Act::Open(fixture)),
            Some(Shut::Locked) => {
                let key = self.mind.keys[fixture]?;
                match self.mind.carries(key) {
                    true => self.at(room, Act::Unlock(fixture, key)),
                    false => self.fetch(key, depth.checked_sub(1)?),
                }
            }
            Some(Shut::Open) | None => match act {
                Act::Open(_) => None,
                _ => self.at(room, act),
            },
        }
    }

    fn fetch(&self, thing: usize, depth: u32) -> Option<Errand> {
        let take = Act::Take(thing, None);
        match self.mind.likely(thing)?.place {
            Place::Floor(room) => self.at(room, take),
            Place::Fixture(fixture) => self.reach(fixture, take, depth),
            Place::Away | Place::Carried => None,
        }
    }

    fn bring(&self, thing: usize, to: usize) -> Option<Errand> {
        match self.mind.carries(thing) {
            true => self.reach(to, Act::Put(thing, to), DEPTH),
            false => self.fetch(thing, DEPTH),
        }
    }

    /// Brings a thing to its first place, if it is elsewhere.
    fn put_back(&self, thing: usize) -> Option<Errand> {
        let home = self.mind.first[thing]?.place;
        match home {
            Place::Fixture(fixture) if self.mind.place(thing) != Some(home) => {
                self.bring(thing, fixture)
            }
            _ => None,
        }
    }

    fn make(&self, recipe: usize) -> Option<Errand> {
        if !self.mind.recipes[recipe] {
            return None;
        }
        let made = &self.house.recipes[recipe];
        if self.mind.carries(made.product) {
            return self.at(self.mind.here, Act::Eat(made.product));
        }
        let (ready, missing): (Vec<&Need>, Vec<&Need>) =
            made.needs.iter().partition(|(part, treatment)| {
                self.mind.carries(*part) && self.mind.treated[*part] == *treatment
            });
        if ready.len() == made.needs.len() {
            return self.at(self.mind.here, Act::Craft(made.product));
        }
        nearest(missing.into_iter().map(|&need| self.prepare(need)))
    }

    /// Gets a part and treats it.
    fn prepare(&self, (part, treatment): Need) -> Option<Errand> {
        if self.mind.carries(part) {
            let raw = self.mind.treated[part] == Treatment::Raw;
            return match treatment {
                Treatment::Cut if raw => self.at(self.mind.here, Act::Cut(part)),
                Treatment::Cooked(device) if raw => {
                    self.reach(device, Act::Cook(part, device), DEPTH)
                }
                _ => None,
            };
        }
        match self.house.recipe(part) {
            Some(recipe) => self.make(recipe),
            None => self.fetch(part, DEPTH),
        }
    }

    /// Looks at what was not seen in this session, the nearest first.
    fn explore(&self, goal: &Goal) -> Option<Errand> {
        let notices = matches!(goal, Goal::Tour | Goal::Make(_));
        if !self.mind.seen[self.mind.here] {
            return self.at(self.mind.here, Act::Look);
        }
        self.mind
            .reachable()
            .into_iter()
            .find_map(|(room, ..)| self.explore_room(room, notices))
    }

    fn explore_room(&self, room: usize, notices: bool) -> Option<Errand> {
        if !self.mind.seen[room] {
            return self.at(room, Act::Look);
        }
        let unchecked = self.house.furniture(room).find_map(|fixture| {
            let used = self.house.fixtures[fixture].used;
            let closed = self.mind.shut[fixture] == Some(Shut::Closed);
            match used {
                _ if self.mind.checked[fixture] => None,
                Use::Container | Use::Locker if closed => Some(Act::Open(fixture)),
                Use::Notice if notices => Some(Act::Read(fixture)),
                _ => None,
            }
        });
        if let Some(act) = unchecked {
            return self.at(room, act);
        }
        let mut exits = self.house.exits(room);
        let unknown = exits.find(|way| self.mind.ways[room][*way as usize].is_none())?;
        self.at(room, Act::Go(unknown))
    }
}

/// Returns the errand that is nearest, the first of equals.
fn nearest(errands: impl Iterator<Item = Option<Errand>>) -> Option<Errand> {
    errands.flatten().min_by_key(|errand| errand.distance)
}
