//! The script of an episode: what happens before and in each session. It follows the life of
//! the expert, so that a task only needs what somebody with a perfect memory knows by then.

use std::collections::BTreeSet;

use crate::asked::Asked;
use crate::drawing::Drawing;
use crate::fact::Fact;
use crate::goal::Goal;
use crate::house::{House, Place};
use crate::lived::Lived;
use crate::mind::{Belief, Mind};
use crate::options::{Address, Form, Kind, Options};
use crate::report::{Report, turn_id};
use crate::seed;
use crate::world::World;

/// The forms of actions, for tasks that list none.
const FORMS: &str = "actions: look, inventory, go DIRECTION, go to ROOM, open X, close X, \
                     unlock X with Y, take X, put X in Y, put X on Y, read X, cut X, \
                     cook X with Y, craft X, eat X, answer X, done.";

/// A session of the script.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its number, counted from 1.
    pub number: u32,
    /// The things that are elsewhere when it begins, with their new places.
    pub changes: Vec<(usize, Place)>,
    /// Its content.
    pub content: Content,
}

/// The content of a session.
#[derive(Clone, Debug)]
pub enum Content {
    /// A dialogue.
    Report(Report),
    /// A task.
    Task(Task),
}

/// A task.
#[derive(Clone, Debug)]
pub struct Task {
    /// The goal.
    pub goal: Goal,
    /// The room where the agent begins.
    pub start: usize,
    /// The needs of the goal.
    pub needs: Needs,
}

/// The needs of a task or question.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The sessions that show it, in order.
    pub sessions: Vec<u32>,
    /// The turns of reports that tell it.
    pub evidence: Vec<String>,
}

impl Needs {
    /// Returns these sessions, and the sources of what was believed.
    #[must_use]
    pub fn new<const N: usize>(sessions: [u32; N], known: &[Option<Belief>]) -> Self {
        let known = || known.iter().flatten();
        let turns = known().filter_map(|belief| Some((belief.session, belief.turn?)));
        let turns: BTreeSet<(u32, u32)> = turns.collect();
        let sessions = sessions
            .into_iter()
            .chain(known().map(|belief| belief.session));
        Self {
            sessions: sessions.collect::<BTreeSet<u32>>().into_iter().collect(),
            evidence: turns
                .into_iter()
                .map(|(session, turn)| turn_id(session, turn))
                .collect(),
        }
    }
}

impl Task {
    /// Returns the facts that the instruction states.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = self.goal.facts();
        facts.extend([Fact::Here(self.start), Fact::Exits(self.start)]);
        facts
    }

    /// Returns the instruction.
    #[must_use]
    pub fn instruction(&self, house: &House, form: Form) -> String {
        let facts = self.facts();
        let facts = facts.iter().flat_map(|fact| fact.sentences(house));
        let mut sentences = vec![self.goal.request(house)];
        sentences.extend(facts);
        if form == Form::Open {
            sentences.push(FORMS.into());
        }
        sentences.join(" ")
    }
}

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

/// A question that is asked in words when the episode is over.
#[derive(Clone, Debug)]
pub struct Query {
    /// The question.
    pub asked: Asked,
    /// The needs of its answer.
    pub needs: Needs,
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
        let session = draw(drawing, kind, options.drift);
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
fn draw(mut drawing: Drawing, kind: Option<Kind>, drift: f64) -> Session {
    drawing.begin();
    if kind.is_some() {
        drawing.drift(drift);
    }
    let content = match kind {
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
