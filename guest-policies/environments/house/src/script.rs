//! The script of an episode: what happens before and in each session. It follows the life of
//! the expert, so that a task only needs what somebody with a perfect memory knows by then.

use crate::drawing::Drawing;
use crate::house::House;
use crate::lived::Lived;
use crate::mind::Mind;
use crate::options::{Kind, Options, Tour};
use crate::seed;
use crate::session::{Content, Query, Session};
use crate::world::World;
use memloom_sdk::generated::Address;

/// The script of an episode.
#[derive(Clone, Debug)]
pub struct Script {
    /// The sessions in order.
    pub sessions: Vec<Session>,
    /// The state of the house after each session of the expert's life.
    pub ends: Vec<World>,
    /// The questions that are asked when it is over.
    pub queries: Vec<Query>,
}

/// Writes the script of an episode. A longer horizon continues a shorter one.
#[must_use]
pub fn write(options: &Options, address: &Address, house: &House) -> Script {
    let mut script = Script {
        sessions: Vec::new(),
        ends: Vec::new(),
        queries: Vec::new(),
    };
    let mut world = World::new(house);
    let mut mind = Mind::new(house);
    for number in 1..=address.sessions {
        let random = seed::session(options.seed, address, number);
        let drawing = Drawing::new(house, random, number, world.clone(), mind.clone());
        let kind = kind(options, address, number);
        let session = draw(drawing, kind, options);
        let mut lived = Lived::begin(house, &session, options.budget, world, Some(&mind));
        lived.follow_expert(house);
        script.sessions.push(session);
        script.ends.push(lived.world.clone());
        world = lived.world;
        mind = lived.mind;
    }
    if options.has(Kind::Recall) {
        let random = seed::queries(options.seed, address);
        let mut drawing = Drawing::new(house, random, address.sessions, world, mind);
        script.queries = drawing.queries();
    }
    script
}

/// Returns the kind of a session; none for the tour.
fn kind(options: &Options, address: &Address, number: u32) -> Option<Kind> {
    let after_tour = number.checked_sub(2)? as usize;
    let round = (after_tour / options.mix.len()) as u64;
    let mut kinds = options.mix.clone();
    seed::round(options.seed, address, round).shuffle(&mut kinds);
    Some(kinds[after_tour % kinds.len()])
}

/// Draws a session of a kind; none is the tour.
fn draw(mut drawing: Drawing, kind: Option<Kind>, options: &Options) -> Session {
    drawing.begin();
    if kind.is_some() {
        drawing.drift(options.drift);
    }
    let content = match kind {
        None if options.tour == Tour::Told => Content::Report(drawing.showing()),
        None => Content::Task(drawing.tour()),
        Some(Kind::Report) => Content::Report(drawing.report()),
        Some(Kind::Find) => Content::Task(drawing.find()),
        Some(Kind::Hunt) => Content::Task(drawing.hunt()),
        Some(Kind::Tidy) => Content::Task(drawing.tidy()),
        Some(Kind::Cook) => Content::Task(drawing.make(true)),
        Some(Kind::Craft) => Content::Task(drawing.make(false)),
        Some(Kind::Recall) => Content::Task(drawing.recall()),
    };
    Session {
        number: drawing.number,
        changes: drawing.changes,
        content,
    }
}
