//! The building of a house from its random stream.

use memloom_sdk::random::Random;

use crate::house::{
    Direction, Fixture, House, Place, Recipe, Room, Thing, ThingKind, Treatment, Use,
};
use crate::names::{FOOD, KEYS, MEALS, Names, PRODUCTS, ROOMS, THINGS, TREASURES};
use crate::options::{Kind, Options};
use memloom_sdk::generated::Split;

/// The share of neighbours on the grid with a way between them, beside the ways that join all
/// rooms.
const EXTRA_WAYS: f64 = 0.3;
/// The most supports and containers of a room; one is the least.
const FURNITURE: u64 = 3;
/// Supports and containers. Few supports: what stands in sight needs no memory.
const STORAGE: [(&str, Use); 6] = [
    ("table", Use::Support),
    ("shelf", Use::Support),
    ("box", Use::Container),
    ("chest", Use::Container),
    ("cupboard", Use::Container),
    ("drawer", Use::Container),
];
/// The number of treasures, of which each hunt has one.
const TREASURES_KEPT: usize = 3;
/// The number of meals with a recipe, and the food that each needs.
const MEALS_KNOWN: usize = 2;
const MEAL_NEEDS: usize = 2;
/// The number of products; each but the first needs the one before it.
const PRODUCTS_KNOWN: usize = 3;

/// Returns the house of an episode.
#[must_use]
pub fn build(options: &Options, split: Split, random: &mut Random) -> House {
    let mut builder = Builder {
        house: House::default(),
        options,
        split,
        random,
    };
    builder.rooms();
    builder.storage();
    builder.objects();
    if options.has(Kind::Hunt) {
        builder.lockers();
    }
    if options.has(Kind::Cook) {
        builder.meals();
    }
    if options.has(Kind::Craft) {
        builder.products();
    }
    builder.house
}

struct Builder<'a> {
    house: House,
    options: &'a Options,
    split: Split,
    random: &'a mut Random,
}

impl Builder<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    fn names(&mut self, nouns: &[&str]) -> Vec<String> {
        self.split.names(nouns, self.random)
    }

    /// Returns names with different nouns.
    fn different(&mut self, mut nouns: [&str; 4], count: usize) -> Vec<String> {
        self.random.shuffle(&mut nouns);
        let names = nouns.iter().flat_map(|noun| self.names(&[noun]).pop());
        names.take(count).collect()
    }

    /// Grows a connected patch of a grid.
    fn rooms(&mut self) {
        let names = self.names(&ROOMS);
        let mut cells: Vec<(i32, i32)> = Vec::new();
        for name in names.into_iter().take(self.options.rooms) {
            let cell = loop {
                let from = self.below(cells.len().max(1));
                let way = Direction::ALL[self.below(4)];
                let Some(&cell) = cells.get(from) else {
                    break (0, 0);
                };
                let cell = beside(cell, way);
                if !cells.contains(&cell) {
                    break cell;
                }
            };
            let room = cells.len();
            cells.push(cell);
            self.house.rooms.push(Room {
                name,
                ways: [None; 4],
            });
            self.join(room, &cells);
        }
    }

    /// Joins the last room to one of its neighbours, and to some of the others.
    fn join(&mut self, room: usize, cells: &[(i32, i32)]) {
        let mut ways = Direction::ALL;
        self.random.shuffle(&mut ways);
        let mut joined = false;
        for way in ways {
            let beside = beside(cells[room], way);
            let Some(other) = cells.iter().position(|cell| *cell == beside) else {
                continue;
            };
            if !joined || self.random.chance(EXTRA_WAYS) {
                joined = true;
                self.house.rooms[room].ways[way as usize] = Some(other);
                self.house.rooms[other].ways[way.back() as usize] = Some(room);
            }
        }
    }

    fn storage(&mut self) {
        for room in 0..self.house.rooms.len() {
            let mut kinds = STORAGE;
            self.random.shuffle(&mut kinds);
            let count = 1 + self.random.below(FURNITURE) as usize;
            for (noun, used) in kinds.into_iter().take(count) {
                self.fixture(room, noun, used);
            }
        }
    }

    fn fixture(&mut self, room: usize, noun: &str, used: Use) -> usize {
        let name = format!("{} {noun}", self.house.rooms[room].name);
        self.house.fixtures.push(Fixture { name, room, used });
        self.house.fixtures.len() - 1
    }

    fn thing(&mut self, name: String, kind: ThingKind, home: Place) -> usize {
        self.house.things.push(Thing { name, kind, home });
        self.house.things.len() - 1
    }

    fn somewhere(&mut self) -> Place {
        let places = self.house.used_as(&[Use::Support, Use::Container]);
        Place::Fixture(places[self.below(places.len())])
    }

    /// Adds the objects; a third of them is food where it is cooked.
    fn objects(&mut self) {
        let food = match self.options.has(Kind::Cook) {
            true => (self.options.objects / 3).max(MEAL_NEEDS),
            false => 0,
        };
        let foods = self.names(&FOOD).into_iter().take(food);
        let foods: Vec<_> = foods.map(|name| (name, ThingKind::Food)).collect();
        let objects = self.names(&THINGS).into_iter();
        let objects = objects.map(|name| (name, ThingKind::Object));
        let all = foods.into_iter().chain(objects).take(self.options.objects);
        for (name, kind) in all.collect::<Vec<_>>() {
            let home = self.somewhere();
            self.thing(name, kind, home);
        }
    }

    /// Adds lockers, each in another room, their keys and the treasures. The key of the first
    /// is found in other lockers only.
    fn lockers(&mut self) {
        let rooms = self.some_rooms(2 + self.options.distractors);
        let keys = self.names(&KEYS);
        for (number, (room, name)) in rooms.into_iter().zip(keys).enumerate() {
            let locker = self.fixture(room, "locker", Use::Locker);
            let home = match number {
                0 => Place::Away,
                _ => self.somewhere(),
            };
            self.thing(name, ThingKind::Key(locker), home);
        }
        for name in self.different(TREASURES, TREASURES_KEPT) {
            self.thing(name, ThingKind::Treasure, Place::Away);
        }
    }

    fn some_rooms(&mut self, count: usize) -> Vec<usize> {
        let mut rooms: Vec<usize> = (0..self.house.rooms.len()).collect();
        self.random.shuffle(&mut rooms);
        rooms.truncate(count);
        rooms
    }

    fn meals(&mut self) {
        let [stove, oven] = ["stove", "oven"].map(|noun| {
            let room = self.below(self.house.rooms.len());
            self.fixture(room, noun, Use::Device)
        });
        let treatments = [
            Treatment::Cut,
            Treatment::Cooked(stove),
            Treatment::Cooked(oven),
        ];
        for name in self.different(MEALS, MEALS_KNOWN) {
            let mut foods = self.of_kind(ThingKind::Food);
            self.random.shuffle(&mut foods);
            foods.truncate(MEAL_NEEDS);
            let needs = foods
                .into_iter()
                .map(|food| (food, treatments[self.below(treatments.len())]))
                .collect();
            self.recipe(name, needs, true);
        }
    }

    fn products(&mut self) {
        let mut parts = self.of_kind(ThingKind::Object);
        self.random.shuffle(&mut parts);
        let mut before = None;
        for name in self.different(PRODUCTS, PRODUCTS_KNOWN) {
            let first = before.or_else(|| parts.pop());
            let needs = first.into_iter().chain(parts.pop());
            let needs = needs.map(|part| (part, Treatment::Raw)).collect();
            before = Some(self.recipe(name, needs, false));
        }
    }

    fn of_kind(&self, kind: ThingKind) -> Vec<usize> {
        let things = &self.house.things;
        (0..things.len())
            .filter(|&thing| things[thing].kind == kind)
            .collect()
    }

    /// Adds a recipe and a notice with it, and returns the product.
    fn recipe(&mut self, name: String, needs: Vec<(usize, Treatment)>, meal: bool) -> usize {
        let room = self.below(self.house.rooms.len());
        let noun = name.rsplit(' ').next().unwrap_or_default();
        let notice = self.fixture(room, &format!("{noun} notice"), Use::Notice);
        let product = self.thing(name, ThingKind::Product, Place::Away);
        self.house.recipes.push(Recipe {
            product,
            needs,
            meal,
            notice,
        });
        product
    }
}

fn beside((x, y): (i32, i32), way: Direction) -> (i32, i32) {
    let (right, up) = way.step();
    (x + right, y + up)
}
