//! The means of a task: the bank of cases, the model, and the counts.

use memloom_sdk::bank::Query;
use memloom_sdk::lookup::vectors;
use memloom_sdk::types::{CustomOperation, Error, Insertion, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::{Memory, Options};
use crate::shown::Shown;

/// The bank's operation that counts the use of cases.
const OUTCOME: &str = "outcome";
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

/// A task as the bank knows it.
pub struct Goal {
    /// The instruction.
    pub text: String,
    /// Its embedding, if the host has an embedder.
    pub vector: Option<Vec<f32>>,
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
        let schema = self.host.schema();
        let lacks = |name: &&str| !schema.operations.iter().any(|it| it.name == **name);
        match [OUTCOME, PRUNE].into_iter().find(lacks) {
            None => Ok(()),
            Some(name) => Err(Error::Unsupported(format!(
                "remem keeps cases, and the bank {} has no operation `{name}`: use cases, or set \
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
    pub fn used(&mut self, shown: &Shown, goal: &Goal, reward: f32) {
        let ids: Vec<&str> = shown.experiences().iter().map(|it| &*it.id).collect();
        if ids.is_empty() {
            return;
        }
        let arguments = serde_json::json!({"ids": ids, "reward": reward, "goal": goal.text});
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
