//! The means of a task: the bank of cases, the model, and the counts.

use memloom_sdk::bank::Query;
use memloom_sdk::lookup::vectors;
use memloom_sdk::types::{CustomOperation, Error, Insertion, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};
use serde_json::{Value, json};

use crate::options::{Memory, Options};
use crate::shown::Shown;

/// The bank's operation that counts the use of cases.
const OUTCOME: &str = "outcome";

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

/// A task as the bank knows it.
pub struct Goal {
    /// The instruction.
    pub text: String,
    /// Its embedding, if the host has an embedder.
    pub vector: Option<Vec<f32>>,
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
        let schema = self.host.schema();
        match schema.operations.iter().any(|it| it.name == OUTCOME) {
            true => Ok(()),
            false => Err(Error::Unsupported(format!(
                "casebook keeps cases, and the bank {} has no operation `{OUTCOME}`: use cases, or set \
                 `memory` to \"none\"",
                schema.name
            ))),
        }
    }

    /// Returns a task as the bank knows it.
    ///
    /// # Errors
    /// If the embedder fails.
    pub fn goal(&mut self, instruction: &str) -> Result<Goal, Error> {
        let text = instruction.to_string();
        let vector = match self.options.memory {
            Memory::None => None,
            _ => vectors(self.host, std::slice::from_ref(&text))?
                .pop()
                .flatten(),
        };
        Ok(Goal { text, vector })
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
        // What failed is worth little by its value, so that the likest failures are shown.
        let failures = match constrained {
            true => Vec::new(),
            false => found(json!({"by": "similarity"}), "failure", failures)?,
        };
        Ok(Shown::new(successes, failures))
    }

    /// Tells the bank what the use of cases came to.
    pub fn used(&mut self, ids: &[String], goal: &Goal, reward: f32) {
        if ids.is_empty() {
            return;
        }
        let arguments = json!({"ids": ids, "reward": reward, "goal": goal.text});
        let custom = CustomOperation {
            name: OUTCOME.into(),
            arguments: arguments.to_string(),
            vector: goal.vector.clone(),
        };
        self.apply(OUTCOME, Operation::Custom(custom));
    }

    /// Inserts a case.
    pub fn insert(&mut self, goal: Goal, fields: [(&str, String); 4]) {
        let fields = fields.map(|(name, value)| (name.to_string(), value));
        let insertion = Insertion {
            vector: goal.vector,
            fields: fields.into(),
            ..Insertion::new(goal.text, "", vec![])
        };
        self.apply("insert", Operation::Insert(insertion));
    }

    fn apply(&mut self, name: &str, operation: Operation) {
        self.report.operation(name);
        let results = self.host.apply(&self.at, &[operation]);
        self.report.results(&results);
    }
}
