//! The means of a task: the bank of cases, the model, and the counts.

use memloom_sdk::acting::Sitting;
use memloom_sdk::acting::cases::{self, Goal};
use memloom_sdk::bank::Query;
use memloom_sdk::types::{Error, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::{Memory, Options};
use crate::shown::Shown;

/// The bank's operation for cases that were shown for nothing.
const PRUNE: &str = "prune";

/// The options of a query for the latest cases.
const BY_RECENCY: &str = r#"{"by":"recency"}"#;

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
    /// Checks that the bank keeps cases, if experiences are kept.
    ///
    /// # Errors
    /// `unsupported`, naming the bank and what it lacks.
    pub fn check_bank(&mut self) -> Result<(), Error> {
        if self.options.memory == Memory::None {
            return Ok(());
        }
        cases::check_bank(self.host, "remem", &[cases::OUTCOME, PRUNE])
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

    /// Returns the experiences for a task.
    ///
    /// # Errors
    /// If the bank refuses the query.
    pub fn look_up(&mut self, goal: &Goal) -> Result<Shown, Error> {
        let limit = self.options.limit;
        let query = match self.options.memory {
            Memory::None => return Ok(Shown::default()),
            Memory::Recent => Query {
                options: BY_RECENCY.into(),
                ..Query::new("", limit)
            },
            Memory::Rag | Memory::Refine => Query {
                vector: goal.vector.clone(),
                ..Query::new(&*goal.text, limit)
            },
        };
        Ok(Shown::new(self.host.retrieve(&query)?))
    }

    /// Tells the bank that cases were shown for nothing.
    pub fn prune(&mut self, ids: &[String]) {
        if !ids.is_empty() {
            let arguments = serde_json::json!({"ids": ids}).to_string();
            self.apply(PRUNE, Operation::custom(PRUNE, arguments));
        }
    }

    /// Tells the bank what the use of the experiences that are still shown came to.
    pub fn used(&mut self, shown: &Shown, goal: &Goal, sitting: &Sitting) {
        let ids: Vec<&str> = shown.experiences().iter().map(|it| &*it.id).collect();
        if !ids.is_empty() {
            self.apply(cases::OUTCOME, cases::used(&ids, goal, sitting));
        }
    }

    /// Keeps a task that has ended as an experience.
    pub fn insert(&mut self, goal: Goal, plan: String, sitting: &Sitting) {
        self.apply("insert", cases::insertion(goal, plan, sitting));
    }

    fn apply(&mut self, name: &str, operation: Operation) {
        self.report.operation(name);
        let results = self.host.apply(&self.at, &[operation]);
        self.report.results(&results);
    }
}
