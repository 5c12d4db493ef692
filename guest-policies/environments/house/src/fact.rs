//! Perceptions of the agent, and the sentences that say them.

use crate::house::{Direction, House, Place, Recipe, Treatment, Use};
use crate::world::{Shut, World};

/// Something that the agent perceives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The agent is in a room.
    Here(usize),
    /// The exits of a room.
    Exits(usize),
    /// The agent went from a room in a direction.
    Way(usize, Direction),
    /// All things at a place.
    Holds(Place, Vec<usize>),
    /// A fixture is open, closed or locked.
    Shut(usize, Shut),
    /// A device or a notice stands in its room.
    Stands(usize),
    /// A key opens a locker.
    Opens(usize, usize),
    /// The recipe with this number.
    Recipe(usize),
    /// A thing is at a place, as a task or the turn of a report says.
    Told(usize, Place, Option<u32>),
    /// All things that the agent carries.
    Carrying(Vec<usize>),
    /// The agent took a thing.
    Took(usize),
    /// The agent put a thing in or on a fixture.
    Put(usize, usize),
    /// The agent unlocked a fixture.
    Unlocked(usize),
    /// The agent cut or cooked a thing.
    Treated(usize, Treatment),
    /// The agent made the product of a recipe.
    Made(usize),
    /// The agent ate a thing.
    Ate(usize),
    /// A thing is not in reach.
    Missing(usize),
    /// Words that change nothing.
    Remark(&'static str),
}

impl Fact {
    /// Returns its sentences.
    #[must_use]
    pub fn sentences(&self, house: &House) -> Vec<String> {
        let room = |room: usize| &house.rooms[room].name;
        let fixture = |fixture: usize| &house.fixtures[fixture].name;
        let thing = |thing: usize| &house.things[thing].name;
        let one = match self {
            Self::Here(at) => format!("you are in {}.", room(*at)),
            Self::Exits(at) => {
                let exits: Vec<&str> = house.exits(*at).map(Direction::word).collect();
                format!("{} has exits {}.", room(*at), exits.join(", "))
            }
            Self::Way(from, way) => match house.rooms[*from].ways[*way as usize] {
                Some(to) => format!("{} is {} of {}.", room(to), way.word(), room(*from)),
                None => return Vec::new(),
            },
            Self::Holds(Place::Fixture(at), things) if things.is_empty() => {
                format!("{} is empty.", fixture(*at))
            }
            Self::Holds(place, things) => {
                return things
                    .iter()
                    .map(|&it| located(house, it, *place))
                    .collect();
            }
            Self::Shut(at, shut) => match shut {
                Shut::Open => format!("{} is open.", fixture(*at)),
                Shut::Closed => format!("{} is closed.", fixture(*at)),
                Shut::Locked => format!("{} is locked.", fixture(*at)),
            },
            Self::Stands(at) => format!("{} is here.", fixture(*at)),
            Self::Opens(key, locker) => format!("{} opens {}.", thing(*key), fixture(*locker)),
            Self::Recipe(recipe) => return needs(house, &house.recipes[*recipe]),
            Self::Told(it, place, _) => located(house, *it, *place),
            Self::Carrying(things) if things.is_empty() => "you carry nothing.".into(),
            Self::Carrying(things) => {
                let carried = things.iter();
                return carried
                    .map(|&it| format!("you carry {}.", thing(it)))
                    .collect();
            }
            Self::Took(it) => format!("you carry {}.", thing(*it)),
            Self::Put(it, at) => located(house, *it, Place::Fixture(*at)),
            Self::Unlocked(at) => format!("{} is unlocked.", fixture(*at)),
            Self::Treated(it, Treatment::Cooked(at)) => {
                format!("{} is cooked with {}.", thing(*it), fixture(*at))
            }
            Self::Treated(it, Treatment::Cut) => format!("{} is cut.", thing(*it)),
            Self::Treated(it, Treatment::Raw) => format!("{} is raw.", thing(*it)),
            Self::Made(recipe) => format!("you carry {}.", thing(house.recipes[*recipe].product)),
            Self::Ate(it) => format!("you eat {}.", thing(*it)),
            Self::Missing(it) => format!("{} is not here.", thing(*it)),
            Self::Remark(words) => (*words).into(),
        };
        vec![one]
    }
}

/// Returns `in` or `on`, as it is said of a fixture.
#[must_use]
pub fn onto(house: &House, fixture: usize) -> &'static str {
    match house.fixtures[fixture].used {
        Use::Support | Use::Device | Use::Notice => "on",
        Use::Container | Use::Locker => "in",
    }
}

/// Returns a place with `in` or `on`, for instance `in red hall box`.
#[must_use]
pub fn at(house: &House, place: Place) -> String {
    match place {
        Place::Away => "away".into(),
        Place::Carried => "with you".into(),
        Place::Floor(room) => format!("in {}", house.rooms[room].name),
        Place::Fixture(fixture) => {
            format!("{} {}", onto(house, fixture), house.fixtures[fixture].name)
        }
    }
}

fn located(house: &House, thing: usize, place: Place) -> String {
    format!("{} is {}.", house.things[thing].name, at(house, place))
}

fn needs(house: &House, recipe: &Recipe) -> Vec<String> {
    let product = &house.things[recipe.product].name;
    let need = |&(thing, treatment): &(usize, Treatment)| {
        let thing = &house.things[thing].name;
        match treatment {
            Treatment::Raw => format!("{product} needs {thing}."),
            Treatment::Cut => format!("{product} needs {thing} cut."),
            Treatment::Cooked(device) => {
                let device = &house.fixtures[device].name;
                format!("{product} needs {thing} cooked with {device}.")
            }
        }
    };
    recipe.needs.iter().map(need).collect()
}

/// Returns what is seen in the room where the agent is.
#[must_use]
pub fn scene(house: &House, world: &World) -> Vec<Fact> {
    let floor = Place::Floor(world.here);
    let mut facts = vec![Fact::Holds(floor, world.contents(floor))];
    for fixture in house.furniture(world.here) {
        let place = Place::Fixture(fixture);
        facts.push(match world.shut[fixture] {
            Shut::Open if house.holds(fixture) => Fact::Holds(place, world.contents(place)),
            Shut::Open => Fact::Stands(fixture),
            shut => Fact::Shut(fixture, shut),
        });
    }
    facts
}
