//! The sessions of an episode: reports and tasks, and the questions about them.

use std::collections::BTreeSet;

use crate::asked::Asked;
use crate::fact::Fact;
use crate::goal::Goal;
use crate::house::{House, Place};
use crate::mind::Belief;
use crate::options::Form;
use crate::report::{Report, turn_id};

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

/// A question that is asked in words when the episode is over.
#[derive(Clone, Debug)]
pub struct Query {
    /// The question.
    pub asked: Asked,
    /// The needs of its answer.
    pub needs: Needs,
}
