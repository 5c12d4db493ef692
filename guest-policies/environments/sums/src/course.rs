//! The tasks that were read, and what was answered.

use std::collections::BTreeMap;

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::scoring::Outcome;

/// The tasks that were read, each with what was answered. The last is the present one. Reading a
/// task again begins it anew and undoes all later ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    tasks: BTreeMap<u32, Option<Outcome>>,
}

impl Course {
    /// Notes that the task of a session, which exists, is read.
    pub fn begin(&mut self, session: u32) {
        self.tasks.split_off(&session);
        self.tasks.insert(session, None);
    }

    /// Returns the session of the present task.
    ///
    /// # Errors
    /// `invalid` if no task was read, or it is over.
    pub fn present(&self) -> Result<u32, Error> {
        match self.tasks.last_key_value() {
            Some((&session, None)) => Ok(session),
            Some((session, Some(_))) => Err(Error::Invalid(format!(
                "sums: the task of session {session} is over: read a session to go on"
            ))),
            None => Err(Error::Invalid(
                "sums: no task was read yet: call `get-session` first".into(),
            )),
        }
    }

    /// Ends the present task.
    pub fn end(&mut self, outcome: Outcome) {
        if let Some(mut present) = self.tasks.last_entry() {
            present.insert(Some(outcome));
        }
    }

    /// Returns what was answered in a session; none if nothing was.
    #[must_use]
    pub fn outcome(&self, session: u32) -> Option<Outcome> {
        self.tasks.get(&session).copied().flatten()
    }

    /// Returns whether it fits an episode of this many sessions.
    #[must_use]
    pub fn fits(&self, sessions: u32) -> bool {
        self.tasks
            .keys()
            .all(|session| (1..=sessions).contains(session))
    }
}
