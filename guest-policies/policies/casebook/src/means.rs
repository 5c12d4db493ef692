//! The means of a task: the bank of cases, the model, and the counts.

use memloom_sdk::acting::Sitting;
use memloom_sdk::acting::cases::{self, Goal};
use memloom_sdk::bank::Query;
use memloom_sdk::types::{Error, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};
use serde_json::{Value, json};

use crate::options::{Memory, Options};
use crate::shown::Shown;

/// The means of a task.
pub struct Means<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

impl Means<'_> {
    /// Checks that the bank keeps cases, if there are to be any.
    ///
    /// # Errors
    /// `unsupported`, naming the bank and what it lacks.
    pub fn check_bank(&mut self) -> Result<(), Error> {
        if self.options.memory == Memory::None {
            return Ok(());
        }
        cases::check_bank(self.host, "casebook", &[cases::OUTCOME])
    }

    /// Returns a task as the bank knows it.
    ///
    /// # Errors
    /// If the embedder fails.
    pub fn goal(&mut self, instruction: &str) -> Result<Goal, Error> {
        match self.options.memory {
            Memory::None => Ok(Goal {
                text: instruction.into(),
                vector: None,
            }),
            _ => Goal::embedded(self.host, instruction),
        }
    }

    /// Returns the cases for a task. Cases of unknown outcome are neither to follow nor to avoid.
    ///
    /// # Errors
    /// If the bank refuses the query.
    pub fn look_up(&mut self, goal: &Goal) -> Result<Shown, Error> {
        let Options {
            memory,
            shown,
            failures,
            constrained,
            exclude_same,
            ..
        } = *self.options;
        let by = match memory {
            Memory::None => return Ok(Shown::default()),
            Memory::Similar => json!({"by": "similarity"}),
            Memory::Value => json!({"by": "value"}),
            Memory::Draw => json!({"by": "value", "draw": self.at.session}),
        };
        let mut found = |mut options: Value, outcome: &str, limit: u32| {
            options["outcome"] = outcome.into();
            options["exclude_same"] = exclude_same.into();
            self.host.retrieve(&Query {
                vector: goal.vector.clone(),
                options: options.to_string(),
                ..Query::new(&*goal.text, limit)
            })
        };
        let successes = found(by, "success", shown)?;
        // Failures are worth little by their value, so that the likest ones are shown.
        let failures = match constrained {
            true => Vec::new(),
            false => found(json!({"by": "similarity"}), "failure", failures)?,
        };
        Ok(Shown::new(successes, failures))
    }

    /// Tells the bank what the use of cases came to.
    pub fn used(&mut self, ids: &[String], goal: &Goal, sitting: &Sitting) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        if !ids.is_empty() {
            self.apply(cases::OUTCOME, cases::used(&ids, goal, sitting));
        }
    }

    /// Keeps a task that has ended as a case.
    pub fn insert(&mut self, goal: Goal, plan: String, sitting: &Sitting) {
        self.apply("insert", cases::insertion(goal, plan, sitting));
    }

    fn apply(&mut self, name: &str, operation: Operation) {
        self.report.operation(name);
        let results = self.host.apply(&self.at, &[operation]);
        self.report.results(&results);
    }
}
