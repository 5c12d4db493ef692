//! What is written into the bank after a session.

use memloom_sdk::acting::{Form, Sitting};
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::text::sentences;
use memloom_sdk::types::{Error, Insertion, Moment, Operation, Session, Task};
use memloom_sdk::{Host, ReportCounter};

use crate::keep::{self, Line};
use crate::memory::embed;
use crate::options::{Notes, Options};
use crate::scribe;

/// The writing after one session.
pub struct Writing<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

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
        let are_words = self.options.form() == Form::Words;
        let insertions = match self.keeps_cases() {
            true if by_rule || are_words => vec![case(task, sitting, scribe::actions(sitting))],
            true => {
                let lesson = scribe::lesson(self, task, sitting)?.into_iter();
                lesson.map(|plan| case(task, sitting, plan)).collect()
            }
            false if by_rule => insertions(seen(sitting)),
            false if are_words => insertions(keep::kept(self, seen(sitting))?),
            false => {
                let lesson = scribe::lesson(self, task, sitting)?.into_iter();
                lesson
                    .map(|text| Insertion::new(text, "", vec![]))
                    .collect()
            }
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

    fn insert(&mut self, mut insertions: Vec<Insertion>) -> Result<(), Error> {
        if insertions.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = insertions.iter().map(|i| i.text.clone()).collect();
        for (insertion, vector) in insertions.iter_mut().zip(embed(self.host, &texts)?) {
            insertion.vector = vector;
            self.report.operation("insert");
        }
        let operations: Vec<Operation> = insertions.into_iter().map(Operation::Insert).collect();
        self.report.results(&self.host.apply(&self.at, &operations));
        Ok(())
    }
}

/// Returns the sentences of all observations in order, each once.
fn seen(sitting: &Sitting) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let observations = sitting.turns().iter().map(|turn| &*turn.observation);
    for sentence in observations.flat_map(sentences) {
        if lines.iter().all(|line| line.text != sentence) {
            lines.push(Line::of_sentence(sentence));
        }
    }
    lines
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
