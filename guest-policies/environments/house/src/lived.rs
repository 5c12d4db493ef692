//! A session as it is lived: the state of the house, what was perceived, and the acts.

use std::collections::BTreeSet;

use crate::act::Act;
use crate::expert;
use crate::fact::Fact;
use crate::goal::{Goal, Progress};
use crate::house::{House, Place, Treatment};
use crate::mind::Mind;
use crate::possible::possible;
use crate::rules::perform;
use crate::session::{Content, Session, Task};
use crate::world::World;

/// The actions that are allowed beyond the budget's multiple of those needed.
const SPARE: f64 = 3.0;
/// How much more a tour may take, since nobody knows the ways yet.
const TOUR: f64 = 2.0;
/// More actions than any task needs.
const MOST_ACTS: u32 = 2000;

/// A session that was begun.
#[derive(Clone, Debug)]
pub struct Lived {
    /// Its number.
    pub session: u32,
    /// Its task; none in a dialogue.
    pub goal: Option<Goal>,
    /// The actions in order.
    pub acts: Vec<Act>,
    /// The present state of the house.
    pub world: World,
    /// The memory of this session and those before it.
    pub mind: Mind,
    /// The memory of this session alone.
    pub fresh: Mind,
    /// The number of actions after which it ends.
    pub steps: u32,
    /// The number of actions that were not understood or not possible.
    pub refused: u32,
    /// True if its task is over, or there is none.
    pub over: bool,
    /// The progress of its task.
    pub progress: Progress,
    /// The progress of its task when it began.
    pub at_first: Progress,
    before: Vec<Place>,
    told: BTreeSet<String>,
}

/// The agent's view of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The text.
    pub text: String,
    /// The action's part of the task's reward.
    pub reward: f32,
}

impl Lived {
    /// Begins a session from the state and the mind after the one before.
    #[must_use]
    pub fn begin(
        house: &House,
        session: &Session,
        budget: f64,
        mut world: World,
        mind: Option<&Mind>,
    ) -> Self {
        world.pass(house);
        for (thing, place) in &session.changes {
            world.places[*thing] = *place;
        }
        let mut fresh = Mind::new(house);
        let mut mind = mind.unwrap_or(&fresh).clone();
        mind.begin(house, session.number);
        fresh.begin(house, session.number);
        let mut lived = Self {
            session: session.number,
            goal: None,
            acts: Vec::new(),
            before: world.places.clone(),
            world,
            mind,
            fresh,
            steps: 0,
            refused: 0,
            over: true,
            progress: Progress::default(),
            at_first: Progress::default(),
            told: BTreeSet::new(),
        };
        match &session.content {
            Content::Report(report) => lived.perceive(house, &report.facts()),
            Content::Task(task) => lived.face(house, task, budget),
        }
        lived
    }

    /// Begins a task.
    fn face(&mut self, house: &House, task: &Task, budget: f64) {
        self.goal = Some(task.goal.clone());
        self.over = false;
        self.world.here = task.start;
        let facts = task.facts();
        self.perceive(house, &facts);
        let told = facts.iter().flat_map(|fact| fact.sentences(house));
        self.told = told.collect();
        self.progress = self.measured(house, &task.goal);
        self.at_first = self.progress;
        let factor = match task.goal {
            Goal::Tour => budget * TOUR,
            _ => budget,
        };
        let shortest = self.shortest(house) as f64;
        self.steps = (factor * shortest + SPARE).ceil() as u32;
    }

    /// Returns the number of actions that the task takes the expert who knows everything.
    fn shortest(&self, house: &House) -> usize {
        let mut ahead = self.clone();
        ahead.mind.complete(house, &self.world);
        ahead.steps = MOST_ACTS;
        ahead.follow_expert(house);
        ahead.acts.len()
    }

    /// Acts as the expert does, up to the end of the task.
    pub fn follow_expert(&mut self, house: &House) {
        while !self.over {
            let act = self.best(house, &self.mind);
            self.act(house, act);
        }
    }

    /// Returns the best next action of somebody who knows this.
    #[must_use]
    pub fn best(&self, house: &House, mind: &Mind) -> Act {
        match &self.goal {
            Some(goal) => expert::next(house, mind, goal),
            None => Act::Done,
        }
    }

    fn perceive(&mut self, house: &House, facts: &[Fact]) {
        for fact in facts {
            self.mind.perceive(house, fact);
            self.fresh.perceive(house, fact);
        }
    }

    fn measured(&self, house: &House, goal: &Goal) -> Progress {
        goal.progress(house, &self.before, &self.world, &self.fresh)
    }

    /// Acts in the task, which must not be over.
    pub fn act(&mut self, house: &House, act: Act) -> Seen {
        self.acts.push(act);
        let before = self.progress;
        let ends = match (act, &self.goal) {
            (Act::Done, _) => true,
            (Act::Answer(reply), Some(Goal::Recall(asked))) => {
                let truth = asked.answer(house, &self.mind, |it| Some(self.world.places[it]));
                self.progress.done = usize::from(truth == Some(reply));
                true
            }
            _ => false,
        };
        let mut sentences = match ends {
            true => Vec::new(),
            false => self.performed(house, act),
        };
        let out_of_steps = self.acts.len() >= self.steps as usize;
        self.over = ends || out_of_steps || self.progress.complete();
        if self.over {
            sentences.extend(self.lay_down(house));
            sentences.push(match self.progress.complete() {
                true => "the task is done.".into(),
                false => "the task is over.".into(),
            });
        }
        Seen {
            text: sentences.join(" "),
            reward: self.progress.since(before),
        }
    }

    /// Performs an action and returns the sentences about it. After a step to another room, only
    /// those are returned that were not told in this session.
    fn performed(&mut self, house: &House, act: Act) -> Vec<String> {
        let facts = match perform(house, &mut self.world, &self.mind, act) {
            Ok(facts) => facts,
            Err(why) => {
                self.refused += 1;
                vec![why]
            }
        };
        self.perceive(house, &facts);
        if let Some(goal) = &self.goal {
            self.progress = self.measured(house, goal);
        }
        let brief = matches!(act, Act::Go(_) | Act::GoTo(_));
        let mut sentences = Vec::new();
        for fact in facts {
            let arrival = matches!(fact, Fact::Here(_) | Fact::Remark(_));
            for sentence in fact.sentences(house) {
                let new = self.told.insert(sentence.clone());
                if new || arrival || !brief {
                    sentences.push(sentence);
                }
            }
        }
        sentences
    }

    /// Lays down what the agent carries, as it always does at the end, and returns the
    /// sentences about it.
    fn lay_down(&mut self, house: &House) -> Vec<String> {
        let floor = Place::Floor(self.world.here);
        let carried = self.world.contents(Place::Carried).into_iter();
        let laid: Vec<usize> = carried
            .filter(|&thing| house.things[thing].home != Place::Away)
            .filter(|&thing| self.world.treated[thing] == Treatment::Raw)
            .collect();
        let facts: Vec<Fact> = laid
            .iter()
            .map(|&thing| Fact::Told(thing, floor, None))
            .collect();
        for thing in laid {
            self.world.places[thing] = floor;
        }
        self.perceive(house, &facts);
        let sentences = facts.iter().flat_map(|fact| fact.sentences(house));
        sentences.collect()
    }

    /// Returns the actions that are possible now; none if the task is over.
    #[must_use]
    pub fn possible(&self, house: &House) -> Vec<Act> {
        if self.over {
            return Vec::new();
        }
        let mut acts = possible(house, &self.world, &self.mind);
        if let Some(Goal::Recall(asked)) = self.goal {
            acts.extend(asked.replies(house).into_iter().map(Act::Answer));
        }
        acts.push(Act::Done);
        acts
    }
}
