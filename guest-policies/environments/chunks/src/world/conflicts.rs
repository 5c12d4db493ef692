//! `conflicts`: facts about people, firms and towns, some of which later statements change. The
//! newest statement holds. Questions ask for one fact, or for one over another.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::types::Question;

use super::names::{Kind, RELATIONS, Values};
use super::packing::Packing;
use crate::episode::{Asked, Line, turn_id};
use crate::options::Options;
use crate::scorer::Scorer;
use crate::seed;

/// The categories of questions over one fact and over two.
pub const CATEGORIES: [&str; 2] = [
    "conflict-resolution/single-hop",
    "conflict-resolution/two-hop",
];

/// The fewest things of a kind: a fact can change, and nobody is his own mentor.
const FEWEST: usize = 3;

/// A thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Thing {
    kind: Kind,
    number: usize,
}

/// A relation of a thing, which has one value at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    thing: Thing,
    relation: usize,
}

/// The value of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Thing(Thing),
    Word(&'static str),
}

/// The newest statement about a slot.
#[derive(Clone)]
struct Told {
    value: Value,
    session: u32,
    turn: String,
}

/// The names of all things, by kind.
struct Names(BTreeMap<Kind, Vec<String>>);

impl Names {
    fn thing(&self, thing: Thing) -> &str {
        &self.0[&thing.kind][thing.number]
    }

    fn value(&self, value: Value) -> &str {
        match value {
            Value::Thing(thing) => self.thing(thing),
            Value::Word(word) => word,
        }
    }
}

impl Slot {
    fn relation(self) -> (&'static str, Values) {
        self.thing.kind.relations()[self.relation]
    }

    /// Draws a value other than the thing itself and the old value.
    fn draw(self, old: Option<Value>, things: usize, random: &mut Random) -> Value {
        loop {
            let value = match self.relation().1 {
                Values::Things(kind) => Value::Thing(Thing {
                    kind,
                    number: random.below(things as u64) as usize,
                }),
                Values::Words(words) => {
                    Value::Word(words[random.below(words.len() as u64) as usize])
                }
            };
            if Some(value) != old && value != Value::Thing(self.thing) {
                return value;
            }
        }
    }
}

/// Returns the sessions of an episode up to a horizon, and the questions about them.
#[must_use]
pub fn generate(
    options: &Options,
    split: Split,
    index: u64,
    horizon: u32,
) -> (Vec<Vec<Line>>, Vec<Asked>) {
    let mut random = seed::texts(options.seed, split, index);
    let slots = options.slots as usize;
    let things = slots.div_ceil(Kind::ALL.len() * RELATIONS).max(FEWEST);
    let drawn = Kind::ALL.map(|kind| (kind, kind.draw(split, things, &mut random)));
    let names = Names(drawn.into());
    let mut fresh = draw_slots(slots, things, &mut random);
    let mut changes = (options.rewritten * slots as f64).round() as usize;
    let mut packing = Packing::new(options.chunk_words());
    let mut told: BTreeMap<Slot, Told> = BTreeMap::new();
    let mut within = BTreeMap::new();
    let mut number = 0;
    while fresh.len() + changes > 0 {
        let session = packing.session();
        let wishes_change = random.below((fresh.len() + changes) as u64) < changes as u64;
        // A policy that reads a session at once cannot change an entry that it has not written.
        let earlier = told.iter().filter(|(_, last)| last.session != session);
        let earlier: Vec<Slot> = earlier.map(|(slot, _)| *slot).collect();
        let all = || told.keys().copied().collect::<Vec<Slot>>();
        let slot = match (wishes_change && !earlier.is_empty(), fresh.pop()) {
            (true, unused) => {
                fresh.extend(unused);
                changes -= 1;
                random.pick(&earlier).copied()
            }
            (false, Some(slot)) => Some(slot),
            (false, None) => {
                changes -= 1;
                random.pick(&all()).copied()
            }
        };
        let Some(slot) = slot else { break };
        let last = told.get(&slot);
        let value = slot.draw(last.map(|last| last.value), things, &mut random);
        let (thing, relation) = (names.thing(slot.thing), slot.relation().0);
        let statement = format!("The {relation} of {thing} is {}.", names.value(value));
        number += 1;
        let line = Line {
            text: match options.numbered {
                true => format!("{number}. {statement}"),
                false => statement,
            },
            before: last.map(|last| last.turn.clone()),
        };
        let (session, place) = packing.add(line);
        let turn = turn_id(session, place);
        let newest = Told {
            value,
            session,
            turn,
        };
        if horizon == 0 || session <= horizon {
            within.insert(slot, newest.clone());
        }
        told.insert(slot, newest);
    }
    let sittings = packing.cut(horizon);
    let mut random = seed::questions(options.seed, split, index, sittings.len() as u32);
    let asked = ask(options, &within, &names, &mut random);
    (sittings, asked)
}

fn draw_slots(slots: usize, things: usize, random: &mut Random) -> Vec<Slot> {
    let mut all: Vec<Slot> = Vec::new();
    for kind in Kind::ALL {
        for number in 0..things {
            let thing = Thing { kind, number };
            all.extend((0..RELATIONS).map(|relation| Slot { thing, relation }));
        }
    }
    random.shuffle(&mut all);
    all.truncate(slots);
    all
}

/// Returns questions in random order, those over one fact first.
fn ask(
    options: &Options,
    told: &BTreeMap<Slot, Told>,
    names: &Names,
    random: &mut Random,
) -> Vec<Asked> {
    let mut single: Vec<(String, Vec<&Told>)> = Vec::new();
    let mut double: Vec<(String, Vec<&Told>)> = Vec::new();
    for (slot, first) in told {
        let subject = format!("the {} of {}", slot.relation().0, names.thing(slot.thing));
        if let Value::Thing(thing) = first.value {
            let over = (0..RELATIONS).map(|relation| Slot { thing, relation });
            for over in over {
                if let Some(second) = told.get(&over) {
                    let text = format!("What is the {} of {subject}?", over.relation().0);
                    double.push((text, vec![first, second]));
                }
            }
        }
        single.push((format!("What is {subject}?"), vec![first]));
    }
    random.shuffle(&mut single);
    random.shuffle(&mut double);
    let most = options.world_questions();
    double.truncate((options.two_hop * most as f64).round() as usize);
    single.truncate(most - double.len());
    let groups = CATEGORIES.into_iter().zip([single, double]);
    let drafts = groups.flat_map(|(category, drafts)| {
        drafts
            .into_iter()
            .map(move |(text, facts)| (category, text, facts))
    });
    let asked = (1..).zip(drafts);
    asked
        .map(|(number, (category, text, facts))| {
            let sessions: BTreeSet<u32> = facts.iter().map(|fact| fact.session).collect();
            let gold = facts.last().map_or("", |fact| names.value(fact.value));
            Asked {
                question: Question {
                    id: format!("q{number}"),
                    text,
                    category: category.into(),
                    sessions: sessions.into_iter().collect(),
                    evidence: facts.iter().map(|fact| fact.turn.clone()).collect(),
                },
                candidates: vec![gold.into()],
                scorer: Scorer::Contains,
                points: Vec::new(),
            }
        })
        .collect()
}
