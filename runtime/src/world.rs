//! The world in which an agent in service does a task.

use crate::types::{Error as Refusal, Observation};

/// A world that an embedding service gives to [`Agent::perform`](crate::Agent::perform): a shop, a
/// file system, a browser.
pub trait World: Send {
    /// Does an action and returns what the agent sees of it. `done` in the observation ends the
    /// task.
    ///
    /// # Errors
    /// A refusal, which the policy reads and may answer with another action: `Invalid` for an
    /// action that is not understood or not possible now.
    fn act(&mut self, action: &str) -> Result<Observation, Refusal>;
}

impl<F: FnMut(&str) -> Result<Observation, Refusal> + Send> World for F {
    fn act(&mut self, action: &str) -> Result<Observation, Refusal> {
        self(action)
    }
}
