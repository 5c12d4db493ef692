//! The list of actions that are possible.

use crate::act::Act;
use crate::house::{House, Place, ThingKind, Treatment, Use};
use crate::mind::Mind;
use crate::rules::{HANDS, craftable};
use crate::world::{Shut, World};

/// Returns the actions that are possible now, except for those that answer or end a task, and
/// except for closing, which no task needs.
#[must_use]
pub fn possible(house: &House, world: &World, mind: &Mind) -> Vec<Act> {
    let mut acts = vec![Act::Look, Act::Inventory];
    acts.extend(house.exits(world.here).map(Act::Go));
    let rooms = mind.reachable().into_iter().skip(1);
    acts.extend(rooms.map(|(room, ..)| Act::GoTo(room)));
    let carried = world.contents(Place::Carried);
    for fixture in house.furniture(world.here) {
        at_fixture(house, world, fixture, &carried, &mut acts);
    }
    if carried.len() < HANDS {
        let things = 0..house.things.len();
        let near = things.filter(|&thing| world.in_reach(house, thing));
        acts.extend(near.map(|thing| Act::Take(thing, None)));
    }
    for &thing in &carried {
        if raw(house, world, thing) {
            acts.push(Act::Cut(thing));
        }
        if house.recipe(thing).is_some_and(|it| house.recipes[it].meal) {
            acts.push(Act::Eat(thing));
        }
    }
    let recipes = (0..house.recipes.len()).filter(|&recipe| craftable(house, world, recipe));
    acts.extend(recipes.map(|recipe| Act::Craft(house.recipes[recipe].product)));
    acts
}

fn at_fixture(
    house: &House,
    world: &World,
    fixture: usize,
    carried: &[usize],
    acts: &mut Vec<Act>,
) {
    let carried = carried.iter().copied();
    match (house.fixtures[fixture].used, world.shut[fixture]) {
        (_, Shut::Closed) => acts.push(Act::Open(fixture)),
        (_, Shut::Locked) => {
            let keys = carried.filter(|&it| matches!(house.things[it].kind, ThingKind::Key(_)));
            acts.extend(keys.map(|key| Act::Unlock(fixture, key)));
        }
        (Use::Notice, _) => acts.push(Act::Read(fixture)),
        (Use::Device, _) => {
            let food = carried.filter(|&it| raw(house, world, it));
            acts.extend(food.map(|thing| Act::Cook(thing, fixture)));
        }
        _ => acts.extend(carried.map(|thing| Act::Put(thing, fixture))),
    }
}

/// Returns whether a thing is food that can still be treated.
fn raw(house: &House, world: &World, thing: usize) -> bool {
    house.things[thing].kind == ThingKind::Food && world.treated[thing] == Treatment::Raw
}
