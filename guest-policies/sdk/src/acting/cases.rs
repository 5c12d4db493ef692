//! Former tasks in a bank of cases, as the bank `cases` keeps them.

use super::Sitting;
use crate::Host;
use crate::lookup::vectors;
use crate::types::{CustomOperation, Error, Insertion, Operation};

/// The bank's operation that counts the use of cases.
pub const OUTCOME: &str = "outcome";

/// The sum of rewards from which on a task is a success: 1, but for what rounding loses.
const SUCCESS: f32 = 0.999;

/// A task as the bank knows it.
pub struct Goal {
    /// The instruction.
    pub text: String,
    /// Its embedding, if the host has an embedder.
    pub vector: Option<Vec<f32>>,
}

impl Goal {
    /// Returns the goal of an instruction.
    ///
    /// # Errors
    /// If the embedder fails.
    pub fn embedded(host: &mut dyn Host, instruction: &str) -> Result<Self, Error> {
        let text = instruction.to_string();
        let vector = vectors(host, std::slice::from_ref(&text))?.pop().flatten();
        Ok(Self { text, vector })
    }
}

/// Checks that the bank has the operations of a policy that keeps cases.
///
/// # Errors
/// `unsupported`, naming the policy, the bank and what it lacks.
pub fn check_bank(host: &mut dyn Host, policy: &str, operations: &[&str]) -> Result<(), Error> {
    let schema = host.schema();
    let lacks = |name: &&&str| !schema.operations.iter().any(|it| it.name == ***name);
    match operations.iter().find(lacks) {
        None => Ok(()),
        Some(name) => Err(Error::Unsupported(format!(
            "{policy} keeps cases, and the bank {} has no operation `{name}`: use cases, or set \
             `memory` to \"none\"",
            schema.name
        ))),
    }
}

/// Returns the word for the outcome of a task that has ended.
pub fn outcome(sitting: &Sitting) -> &'static str {
    match sitting.reward() >= SUCCESS {
        true => "success",
        false => "failure",
    }
}

/// Returns the operation that tells the bank what the use of cases came to.
pub fn used(ids: &[&str], goal: &Goal, sitting: &Sitting) -> Operation {
    let arguments = serde_json::json!({"ids": ids, "reward": score(sitting), "goal": goal.text});
    Operation::Custom(CustomOperation {
        name: OUTCOME.into(),
        arguments: arguments.to_string(),
        vector: goal.vector.clone(),
    })
}

/// Returns the insertion of a task that has ended, with what was done in it.
pub fn insertion(goal: Goal, plan: String, sitting: &Sitting) -> Operation {
    let fields = [
        ("plan", plan),
        ("outcome", outcome(sitting).into()),
        ("score", score(sitting).to_string()),
        ("steps", sitting.acts().to_string()),
    ];
    Operation::Insert(Insertion {
        vector: goal.vector,
        fields: fields.map(|(name, value)| (name.into(), value)).into(),
        ..Insertion::new(goal.text, "", vec![])
    })
}

/// Returns the sum of rewards, from 0 to 1.
fn score(sitting: &Sitting) -> f32 {
    sitting.reward().clamp(0.0, 1.0)
}
