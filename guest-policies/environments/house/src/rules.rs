//! The rules of a house: what an action does.

use crate::act::Act;
use crate::fact::{Fact, scene};
use crate::house::{House, Place, ThingKind, Treatment, Use};
use crate::mind::Mind;
use crate::world::{Shut, World};

/// The most things that are carried at once.
pub const HANDS: usize = 5;

/// What the agent perceives of an action, or why it is not possible.
type Outcome = Result<Vec<Fact>, Fact>;

/// Does an action, except for those that answer or end a task, and returns what the agent
/// perceives. `mind` is what it perceived before, which says the known ways.
///
/// # Errors
/// Says why the action is not possible. Nothing has changed then.
pub fn perform(house: &House, world: &mut World, mind: &Mind, act: Act) -> Outcome {
    let here = world.here;
    match act {
        Act::Look => {
            let mut facts = vec![Fact::Here(here), Fact::Exits(here)];
            facts.extend(scene(house, world));
            Ok(facts)
        }
        Act::Inventory => Ok(vec![Fact::Carrying(world.contents(Place::Carried))]),
        Act::Go(way) => {
            let to =
                house.rooms[here].ways[way as usize].ok_or(Fact::Remark("there is no way."))?;
            world.here = to;
            let mut facts = vec![Fact::Way(here, way), Fact::Here(to), Fact::Exits(to)];
            facts.extend(scene(house, world));
            Ok(facts)
        }
        Act::GoTo(to) => {
            let reachable = mind.reachable();
            let found = reachable.into_iter().find(|(room, ..)| *room == to);
            let (.., way) = found.ok_or(Fact::Remark("you do not know the way."))?;
            let way = way.ok_or(Fact::Remark("you are there."))?;
            perform(house, world, mind, Act::Go(way))
        }
        Act::Open(fixture) => open(house, world, fixture),
        Act::Close(fixture) => {
            near(house, world, fixture)?;
            if !house.closes(fixture) || world.shut[fixture] != Shut::Open {
                return Err(Fact::Remark("it is not open."));
            }
            world.shut[fixture] = Shut::Closed;
            Ok(vec![Fact::Shut(fixture, Shut::Closed)])
        }
        Act::Unlock(fixture, key) => {
            near(house, world, fixture)?;
            carried(world, key)?;
            if world.shut[fixture] != Shut::Locked {
                return Err(Fact::Remark("it is not locked."));
            }
            if house.things[key].kind != ThingKind::Key(fixture) {
                return Err(Fact::Remark("it does not fit."));
            }
            world.shut[fixture] = Shut::Closed;
            Ok(vec![Fact::Unlocked(fixture)])
        }
        Act::Take(thing, from) => take(house, world, thing, from),
        Act::Put(thing, fixture) => {
            near(house, world, fixture)?;
            carried(world, thing)?;
            if !house.holds(fixture) {
                return Err(Fact::Remark("it holds nothing."));
            }
            reachable(world, fixture)?;
            world.places[thing] = Place::Fixture(fixture);
            Ok(vec![Fact::Put(thing, fixture)])
        }
        Act::Read(fixture) => {
            near(house, world, fixture)?;
            let recipes = 0..house.recipes.len();
            let mut written = recipes.filter(|&it| house.recipes[it].notice == fixture);
            let recipe = written
                .next()
                .ok_or(Fact::Remark("nothing is written there."))?;
            Ok(vec![Fact::Recipe(recipe)])
        }
        Act::Cut(thing) => treat(house, world, thing, Treatment::Cut),
        Act::Cook(thing, device) => {
            near(house, world, device)?;
            if house.fixtures[device].used != Use::Device {
                return Err(Fact::Remark("it does not cook."));
            }
            treat(house, world, thing, Treatment::Cooked(device))
        }
        Act::Eat(thing) => {
            carried(world, thing)?;
            let recipe = house.recipe(thing).map(|recipe| &house.recipes[recipe]);
            if !recipe.is_some_and(|recipe| recipe.meal) {
                return Err(Fact::Remark("it is no meal."));
            }
            world.places[thing] = Place::Away;
            Ok(vec![Fact::Ate(thing)])
        }
        Act::Craft(thing) => craft(house, world, thing),
        Act::Answer(_) => Err(Fact::Remark("nobody asks you.")),
        Act::Done | Act::Nonsense => Err(Fact::Remark("you do not understand that.")),
    }
}

fn near(house: &House, world: &World, fixture: usize) -> Result<(), Fact> {
    match house.fixtures[fixture].room == world.here {
        true => Ok(()),
        false => Err(Fact::Remark("it is not here.")),
    }
}

fn carried(world: &World, thing: usize) -> Result<(), Fact> {
    match world.carries(thing) {
        true => Ok(()),
        false => Err(Fact::Remark("you do not carry it.")),
    }
}

fn reachable(world: &World, fixture: usize) -> Result<(), Fact> {
    match world.shut[fixture] {
        Shut::Open => Ok(()),
        Shut::Closed => Err(Fact::Remark("it is closed.")),
        Shut::Locked => Err(Fact::Remark("it is locked.")),
    }
}

/// Opens a fixture. A label on each key inside says what it opens.
fn open(house: &House, world: &mut World, fixture: usize) -> Outcome {
    near(house, world, fixture)?;
    if world.shut[fixture] == Shut::Locked {
        return Err(Fact::Remark("it is locked."));
    }
    if world.shut[fixture] == Shut::Open {
        return Err(Fact::Remark("it is open."));
    }
    world.shut[fixture] = Shut::Open;
    let place = Place::Fixture(fixture);
    let inside = world.contents(place);
    let labels: Vec<Fact> = inside
        .iter()
        .filter_map(|&thing| match house.things[thing].kind {
            ThingKind::Key(locker) => Some(Fact::Opens(thing, locker)),
            _ => None,
        })
        .collect();
    let mut facts = vec![Fact::Shut(fixture, Shut::Open), Fact::Holds(place, inside)];
    facts.extend(labels);
    Ok(facts)
}

fn take(house: &House, world: &mut World, thing: usize, from: Option<usize>) -> Outcome {
    if world.carries(thing) {
        return Err(Fact::Remark("you carry it."));
    }
    let there = from.is_none_or(|fixture| world.places[thing] == Place::Fixture(fixture));
    if !world.in_reach(house, thing) {
        return Err(Fact::Missing(thing));
    }
    if !there {
        return Err(Fact::Remark("it is not there."));
    }
    if world.contents(Place::Carried).len() >= HANDS {
        return Err(Fact::Remark("your hands are full."));
    }
    world.places[thing] = Place::Carried;
    Ok(vec![Fact::Took(thing)])
}

fn treat(house: &House, world: &mut World, thing: usize, treatment: Treatment) -> Outcome {
    carried(world, thing)?;
    if house.things[thing].kind != ThingKind::Food {
        return Err(Fact::Remark("it is no food."));
    }
    if world.treated[thing] != Treatment::Raw {
        return Err(Fact::Remark("it is not raw."));
    }
    world.treated[thing] = treatment;
    Ok(vec![Fact::Treated(thing, treatment)])
}

fn craft(house: &House, world: &mut World, thing: usize) -> Outcome {
    let recipe = house
        .recipe(thing)
        .ok_or(Fact::Remark("it has no recipe."))?;
    if !craftable(house, world, recipe) {
        return Err(Fact::Remark("you do not carry what it needs."));
    }
    for (part, _) in &house.recipes[recipe].needs {
        world.places[*part] = Place::Away;
    }
    world.places[thing] = Place::Carried;
    Ok(vec![Fact::Made(recipe)])
}

/// Returns whether the agent carries all that a recipe needs.
#[must_use]
pub fn craftable(house: &House, world: &World, recipe: usize) -> bool {
    let mut needs = house.recipes[recipe].needs.iter();
    needs.all(|(part, treatment)| world.carries(*part) && world.treated[*part] == *treatment)
}
