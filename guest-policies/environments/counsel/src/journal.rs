//! The sessions that were read, and what was done in them.

use std::collections::BTreeMap;

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::puzzle::MOST_TERMS;
use crate::stream::{Memory, Sitting, Stream, Task};
use crate::visit::Visit;

/// The sessions that were read, and what was done in them. The last is the present one.
/// Reading a session again begins it anew and undoes all later ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    visits: BTreeMap<u32, Visit>,
}

impl Journal {
    /// Notes that a session, which exists, is read.
    pub fn begin(&mut self, session: u32, sitting: &Sitting) {
        self.visits.split_off(&session);
        let visit = match sitting {
            Sitting::Talk(_) => Visit::default(),
            Sitting::Task(task) => task.begin(),
        };
        self.visits.insert(session, visit);
    }

    /// Returns the course of a session, if it was read.
    #[must_use]
    pub fn visit(&self, session: u32) -> Option<&Visit> {
        self.visits.get(&session)
    }

    /// Returns the present session, its task and its course.
    ///
    /// # Errors
    /// `invalid` if no session was read or the task is over, `unsupported` if it is a dialogue.
    pub fn present<'a>(&self, stream: &'a Stream) -> Result<(u32, &'a dyn Task, &Visit), Error> {
        let Some((&session, visit)) = self.visits.last_key_value() else {
            return Err(Error::Invalid(
                "counsel: no task was read yet: call `get-session` first".into(),
            ));
        };
        let Some(Sitting::Task(task)) = stream.sittings.get(session as usize - 1) else {
            return Err(Error::Unsupported(format!(
                "counsel: session {session} is a dialogue: act only in tasks"
            )));
        };
        if visit.over {
            return Err(Error::Invalid(format!(
                "counsel: the task of session {session} is over: read a session to go on"
            )));
        }
        Ok((session, task.as_ref(), visit))
    }

    /// Replaces the course of the present session.
    pub fn update(&mut self, visit: Visit) {
        if let Some(mut entry) = self.visits.last_entry() {
            entry.insert(visit);
        }
    }

    /// Returns what was perceived before a session, in order.
    #[must_use]
    pub fn memories<'a>(&'a self, session: u32, stream: &'a Stream) -> Vec<Memory<'a>> {
        let mut memories = Vec::new();
        for (&earlier, visit) in self.visits.range(..session) {
            if let Some(Sitting::Talk(lines)) = stream.sittings.get(earlier as usize - 1) {
                memories.extend(lines.iter().map(|line| Memory {
                    speaker: &line.speaker,
                    text: &line.text,
                }));
            }
            memories.extend(
                visit
                    .observed
                    .iter()
                    .map(|text| Memory { speaker: "", text }),
            );
        }
        memories
    }

    /// Returns what was spent in each task up to a session, in order.
    #[must_use]
    pub fn costs(&self, session: u32, stream: &Stream) -> Vec<u32> {
        let is_task = |session: u32| {
            let sitting = stream.sittings.get(session as usize - 1);
            matches!(sitting, Some(Sitting::Task(_)))
        };
        let visits = self.visits.range(..=session);
        let tasks = visits.filter(|&(&earlier, _)| is_task(earlier));
        tasks.map(|(_, visit)| visit.spent).collect()
    }

    /// Checks that a journal fits an episode of this many sessions.
    ///
    /// # Errors
    /// `invalid` if it does not.
    pub fn check(&self, sessions: u32) -> Result<(), Error> {
        let fits = |(&session, visit): (&u32, &Visit)| {
            (1..=sessions).contains(&session) && visit.left.len() <= MOST_TERMS
        };
        match self.visits.iter().all(fits) {
            true => Ok(()),
            false => Err(Error::Invalid("counsel: the snapshot is damaged".into())),
        }
    }
}
