//! Tasks: what they ask for, and how far they have come.

use crate::asked::Asked;
use crate::fact::{Fact, at};
use crate::house::{House, Place, Treatment, Use};
use crate::mind::Mind;
use crate::world::World;

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// See every room, look into everything, and read every notice.
    Tour,
    /// Bring a thing to a fixture.
    Find {
        /// The thing.
        thing: usize,
        /// The fixture.
        to: usize,
    },
    /// Take a treasure out of the last of some lockers.
    Hunt {
        /// The treasure.
        treasure: usize,
        /// The lockers, each with its key. Each but the first has its key in the one before.
        lockers: Vec<(usize, usize)>,
    },
    /// Put things back that lie in other rooms.
    Tidy(Vec<(usize, usize)>),
    /// Make the product of a recipe, and eat it if it is a meal.
    Make(usize),
    /// Answer a question about the past.
    Recall(Asked),
}

/// The progress of a task: steps done of all that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The steps done.
    pub done: usize,
    /// All steps, at least 1.
    pub total: usize,
}

impl Progress {
    fn all_or_nothing(reached: bool) -> Self {
        Self {
            done: usize::from(reached),
            total: 1,
        }
    }

    /// Returns whether nothing is left to do.
    #[must_use]
    pub fn complete(self) -> bool {
        self.done == self.total
    }

    /// Returns the share of steps done, in [0, 1].
    #[must_use]
    pub fn share(self) -> f32 {
        self.since(Self { done: 0, ..self })
    }

    /// Returns the share of steps done since an earlier state, in [-1, 1].
    #[must_use]
    pub fn since(self, before: Self) -> f32 {
        (self.done as f32 - before.done as f32) / self.total.max(1) as f32
    }
}

/// The names of the kinds of tasks, which are the categories of questions.
pub const CATEGORIES: [&str; 7] = ["tour", "find", "hunt", "tidy", "cook", "craft", "recall"];

impl Goal {
    /// Returns the name of its kind.
    #[must_use]
    pub fn category(&self, house: &House) -> &'static str {
        match self {
            Self::Tour => "tour",
            Self::Find { .. } => "find",
            Self::Hunt { .. } => "hunt",
            Self::Tidy(_) => "tidy",
            Self::Make(recipe) if house.recipes[*recipe].meal => "cook",
            Self::Make(_) => "craft",
            Self::Recall(_) => "recall",
        }
    }

    /// Returns the sentence that asks for it.
    #[must_use]
    pub fn request(&self, house: &House) -> String {
        let thing = |thing: usize| &house.things[thing].name;
        match self {
            Self::Tour => "see every room, open everything and read every notice.".into(),
            Self::Find { thing: it, to } => {
                let to = at(house, Place::Fixture(*to));
                format!("find {}. put it {to}.", thing(*it))
            }
            Self::Hunt { treasure, .. } => format!("take {}.", thing(*treasure)),
            Self::Tidy(things) => {
                let names: Vec<&str> = things.iter().map(|(it, _)| thing(*it).as_str()).collect();
                format!("put {} back as on day 1.", names.join(" and "))
            }
            Self::Make(recipe) => {
                let recipe = &house.recipes[*recipe];
                let product = thing(recipe.product);
                match recipe.meal {
                    true => format!("craft {product} and eat {product}."),
                    false => format!("craft {product}."),
                }
            }
            Self::Recall(asked) => asked.question(house),
        }
    }

    /// Returns the facts that its instruction states.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Hunt { treasure, lockers } => {
                let last = lockers.last().map(|(locker, _)| Place::Fixture(*locker));
                let told = last.map(|place| Fact::Told(*treasure, place, None));
                let first = lockers
                    .first()
                    .map(|(locker, key)| Fact::Opens(*key, *locker));
                told.into_iter().chain(first).collect()
            }
            Self::Tidy(things) => things
                .iter()
                .map(|(thing, room)| Fact::Told(*thing, Place::Floor(*room), None))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns how far it has come. `mind` is what was perceived since the task began, when
    /// things were at the places `before`.
    #[must_use]
    pub fn progress(
        &self,
        house: &House,
        before: &[Place],
        world: &World,
        mind: &Mind,
    ) -> Progress {
        match self {
            Self::Tour => tour(house, mind),
            Self::Find { thing, to } => {
                Progress::all_or_nothing(world.places[*thing] == Place::Fixture(*to))
            }
            Self::Hunt { treasure, lockers } => {
                let wanted = lockers.iter().map(|(_, key)| key).chain([treasure]);
                let taken = |it: &&usize| mind.taken.iter().any(|(_, taken)| taken == *it);
                Progress {
                    done: wanted.filter(taken).count(),
                    total: lockers.len() + 1,
                }
            }
            Self::Tidy(things) => tidy(house, things, before, world),
            Self::Make(recipe) => made(house, *recipe, world, mind),
            Self::Recall(_) => Progress::all_or_nothing(false),
        }
    }
}

fn tour(house: &House, mind: &Mind) -> Progress {
    let fixtures = house.used_as(&[Use::Container, Use::Notice]);
    let seen = mind.seen.iter().filter(|seen| **seen).count();
    let checked = fixtures.iter().filter(|&&it| mind.checked[it]).count();
    Progress {
        done: seen + checked,
        total: house.rooms.len() + fixtures.len(),
    }
}

/// Counts what is back at its place, less what was put in a wrong place.
fn tidy(house: &House, things: &[(usize, usize)], before: &[Place], world: &World) -> Progress {
    let home = |thing: usize| world.places[thing] == house.things[thing].home;
    let right = things.iter().filter(|(thing, _)| home(*thing)).count();
    let wrong = (0..house.things.len()).filter(|&thing| {
        let put = matches!(world.places[thing], Place::Fixture(_));
        let asked = things.iter().any(|(asked, _)| *asked == thing);
        put && world.places[thing] != before[thing] && !(asked && home(thing))
    });
    Progress {
        done: right.saturating_sub(wrong.count()),
        total: things.len(),
    }
}

/// Counts treatments, recipes and the meal.
fn made(house: &House, recipe: usize, world: &World, mind: &Mind) -> Progress {
    let Progress { mut done, total } = prepared(house, recipe, world, mind);
    let made = &house.recipes[recipe];
    done += usize::from(made.meal && mind.eaten.contains(&made.product));
    Progress {
        done,
        total: total + usize::from(made.meal),
    }
}

fn prepared(house: &House, recipe: usize, world: &World, mind: &Mind) -> Progress {
    let mut progress = Progress { done: 0, total: 1 };
    for &(part, treatment) in &house.recipes[recipe].needs {
        let of_part = match house.recipe(part) {
            Some(other) => prepared(house, other, world, mind),
            None if treatment == Treatment::Raw => continue,
            None => Progress::all_or_nothing(world.treated[part] == treatment),
        };
        progress.done += of_part.done;
        progress.total += of_part.total;
    }
    if mind.made.contains(&recipe) {
        progress.done = progress.total;
    }
    progress
}
