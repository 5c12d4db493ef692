//! Notes that are written into the bank after a session.

use std::collections::BTreeSet;

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::text::{sentences, words};
use memloom_sdk::types::{Error, Insertion, Session, Task};

use crate::keep::{self, Line};
use crate::options::Notes;
use crate::scribe;
use crate::writing::Writing;

impl Writing<'_> {
    /// Writes about a task. A bank whose entries have a plan gets the task as a case: the plan is
    /// the lesson, or by rule the actions.
    ///
    /// # Errors
    /// If the model or the host fails.
    pub fn task(&mut self, task: &Task, sitting: &Sitting) -> Result<(), Error> {
        if self.options.notes == Notes::None || sitting.acts() == 0 {
            return Ok(());
        }
        let by_rule = self.options.notes == Notes::Observations;
        let is_text = self.options.form() == Form::Text;
        let insertions = match (by_rule, self.keeps_cases()) {
            (false, true) if is_text => {
                let lesson = scribe::lesson(self, task, sitting)?.into_iter();
                lesson.map(|plan| case(task, sitting, plan)).collect()
            }
            (_, true) => vec![case(task, sitting, scribe::actions(sitting))],
            (false, false) if is_text => {
                let lesson = scribe::lesson(self, task, sitting)?.into_iter();
                let entry = |text| Insertion::new(text, "", vec![]);
                lesson.map(entry).collect()
            }
            (false, false) => insertions(keep::kept(self, seen(sitting))?),
            (true, false) => insertions(seen(sitting)),
        };
        self.insert(insertions)
    }

    /// Writes about a dialogue: turns that the scribe keeps, or by rule all. A bank whose entries
    /// have a plan gets none.
    ///
    /// # Errors
    /// If the model or the host fails.
    pub fn dialogue(
        &mut self,
        session: Session,
        hinted: Option<&HintedOperations>,
    ) -> Result<(), Error> {
        let notes = self.options.notes;
        if notes == Notes::None || session.turns.is_empty() || self.keeps_cases() {
            return Ok(());
        }
        let turns = session.turns.into_iter();
        let mut lines: Vec<Line> = turns.map(|turn| Line::of_turn(turn, hinted)).collect();
        if notes == Notes::Lessons {
            lines = keep::kept(self, lines)?;
        }
        self.insert(insertions(lines))
    }

    fn keeps_cases(&mut self) -> bool {
        self.host.schema().fields.iter().any(|name| name == "plan")
    }
}

/// Returns the sentences of all observations in order, each once. Those about the agent itself, as
/// "you carry a key", are left out: they are over with the task.
fn seen(sitting: &Sitting) -> Vec<Line> {
    let observations = sitting.turns().iter().map(|turn| &*turn.observation);
    let mut known = BTreeSet::new();
    let new = observations
        .flat_map(sentences)
        .filter(|sentence| !is_about_agent(sentence))
        .filter(|sentence| known.insert(*sentence));
    new.map(Line::of_sentence).collect()
}

/// Returns whether a sentence begins with "you".
pub fn is_about_agent(sentence: &str) -> bool {
    words(sentence)
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case("you"))
}

fn insertions(lines: Vec<Line>) -> Vec<Insertion> {
    lines.into_iter().map(Line::insertion).collect()
}

/// Returns a task as a case. The rewards say what came of it: 1 or more in sum is a success, less
/// than 0 a failure, and else nobody knows.
fn case(task: &Task, sitting: &Sitting, plan: String) -> Insertion {
    let reward = sitting.reward();
    let outcome = match reward {
        1.0.. => "success",
        ..0.0 => "failure",
        _ => "unknown",
    };
    let fields = [
        ("plan", plan),
        ("outcome", outcome.into()),
        ("steps", sitting.acts().to_string()),
    ];
    Insertion {
        fields: fields.map(|(name, value)| (name.into(), value)).into(),
        ..Insertion::new(&*task.instruction, "", vec![])
    }
}
