//! Mode `shop`: people tell what they bought and what they liked about it, and want items
//! ranked for them later.

use std::collections::BTreeMap;

use memloom_sdk::random::Random;

use crate::options::Options;
use crate::questions::kind::Kind;
use crate::seed;
use crate::stream::{Line, Sitting, Stream};
use memloom_sdk::generated::Address;

pub mod catalogue;
pub mod ranking;
pub mod review;
pub mod talk;

use catalogue::{ASPECTS, CATEGORIES, Catalogue, Item, VALUES};
use ranking::Ranking;

/// The number of people.
const PEOPLE: u32 = 3;
/// The number of wishes that a dialogue makes known.
const WISHES: usize = 2;
/// The probability that somebody's taste changes in a dialogue.
const CHANGES: f64 = 0.5;

/// A person's taste in a category: an item of the values that he likes, and the sessions that
/// told each of them last.
#[derive(Clone, Copy, Debug)]
struct Taste {
    liked: Item,
    told: [u32; ASPECTS.len()],
}

/// A person and a category, by their places.
type Wish = (usize, usize);

/// Generates the sessions of an episode: a dialogue and three tasks in turn.
#[must_use]
pub fn stream(options: &Options, address: &Address) -> Stream {
    let mut random = seed::sessions(options.seed, address);
    let people = Kind::Person.names(address.split, PEOPLE, &mut random);
    let catalogue = Catalogue::new(address.split, &mut random);
    let wishes = (0..people.len()).flat_map(|person| {
        let categories = 0..CATEGORIES.len();
        categories.map(move |category| (person, category))
    });
    let mut unknown: Vec<Wish> = wishes.collect();
    random.shuffle(&mut unknown);
    let mut shop = Shop {
        people,
        catalogue,
        unknown,
        tastes: BTreeMap::new(),
    };
    let sitting = |session| match session % 4 {
        1 => Sitting::Talk(shop.talk(session, options.turns, &mut random)),
        _ => Sitting::Task(Box::new(shop.task(options, &mut random))),
    };
    let sittings = (1..=address.sessions).map(sitting).collect();
    Stream {
        speakers: shop.people,
        sittings,
    }
}

struct Shop {
    people: Vec<String>,
    catalogue: Catalogue,
    /// The wishes of which nothing was told, in the order in which they will be.
    unknown: Vec<Wish>,
    tastes: BTreeMap<Wish, Taste>,
}

impl Shop {
    /// Returns a dialogue: reviews that make wishes known, maybe one of a changed taste, and
    /// talk without a use.
    fn talk(&mut self, session: u32, turns: u32, random: &mut Random) -> Vec<Line> {
        let mut reviews: Vec<(Wish, usize)> = self.change(session, random).into_iter().collect();
        let first = self.unknown.len().saturating_sub(WISHES);
        for wish in self.unknown.split_off(first) {
            let taste = Taste {
                liked: Item::draw(random),
                told: [session; ASPECTS.len()],
            };
            self.tastes.insert(wish, taste);
            reviews.extend((0..ASPECTS.len()).map(|aspect| (wish, aspect)));
        }
        let mut lines: Vec<Line> = Vec::new();
        for ((person, category), aspect) in reviews {
            if let Some(taste) = self.tastes.get(&(person, category)) {
                let item = Item::draw(random).with(aspect, taste.liked.0[aspect]);
                lines.push(Line {
                    speaker: self.people[person].clone(),
                    text: review::liking(&self.catalogue, category, item, aspect),
                    needed: true,
                });
            }
        }
        // Lures are about what is asked later, but not what the speaker likes himself.
        let known: Vec<Wish> = self.tastes.keys().copied().collect();
        while lines.len() < turns as usize {
            let (person, category) = known[random.below(known.len() as u64) as usize];
            lines.push(Line {
                speaker: self.people[person].clone(),
                text: talk::filler(&self.catalogue, category, random),
                needed: false,
            });
        }
        random.shuffle(&mut lines);
        lines
    }

    /// Changes one aspect of a taste that was told, sometimes; returns which.
    fn change(&mut self, session: u32, random: &mut Random) -> Option<(Wish, usize)> {
        let known: Vec<Wish> = self.tastes.keys().copied().collect();
        let &wish = random.pick(&known).filter(|_| random.chance(CHANGES))?;
        let aspect = random.below(ASPECTS.len() as u64) as usize;
        let taste = self.tastes.get_mut(&wish)?;
        let step = 1 + random.below(VALUES as u64 - 1) as usize;
        let value = (taste.liked.0[aspect] + step) % VALUES;
        taste.liked = taste.liked.with(aspect, value);
        taste.told[aspect] = session;
        Some((wish, aspect))
    }

    /// Returns a task for a wish that was told.
    fn task(&self, options: &Options, random: &mut Random) -> Ranking {
        let known: Vec<(&Wish, &Taste)> = self.tastes.iter().collect();
        let place = random.below(known.len() as u64) as usize;
        let (&(person, category), taste) = known[place];
        let mut sessions = taste.told.to_vec();
        sessions.sort_unstable();
        sessions.dedup();
        Ranking::new(
            options,
            self.catalogue.clone(),
            (self.people[person].clone(), category),
            (taste.liked, sessions),
            random,
        )
    }
}

#[cfg(test)]
mod tests;
