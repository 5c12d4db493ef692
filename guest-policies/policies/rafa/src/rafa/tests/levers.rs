//! An environment of levers, of which one or none is right.

use memloom_sdk::Environment;
use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};

/// The levers of a task.
pub const LEVERS: [&str; 3] = ["left", "right", "middle"];

/// Levers. The right one may be pulled at once or never.
pub struct Levers {
    /// True if the actions are listed.
    pub listed: bool,
    /// The right lever.
    pub right: &'static str,
    /// The number of acts.
    pub steps: u32,
    acts: u32,
}

impl Levers {
    pub fn new(listed: bool, right: &'static str, steps: u32) -> Self {
        Self {
            listed,
            right,
            steps,
            acts: 0,
        }
    }

    fn actions(&self) -> Vec<String> {
        let levers = LEVERS.iter().filter(|_| self.listed);
        levers.map(|lever| format!("pull {lever}")).collect()
    }
}

/// Returns the instruction of a session: ten sessions have the same task.
pub fn task(session: u32) -> String {
    format!("Open gate {}.", session.div_ceil(10))
}

impl Environment for Levers {
    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        self.acts = 0;
        Ok(SessionContent::Task(Task {
            index,
            time: format!("day {index}"),
            instruction: task(index),
            actions: self.actions(),
            steps: self.steps,
        }))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.acts += 1;
        if action == "pull nothing" {
            return Err(Error::Invalid("there is nothing to pull".into()));
        }
        let opens = action == format!("pull {}", self.right);
        let done = opens || self.acts == self.steps;
        let text = if opens { "It opens." } else { "It creaks." };
        Ok(Observation {
            text: text.into(),
            done,
            reward: f32::from(opens),
            actions: if done { vec![] } else { self.actions() },
        })
    }

    fn advise(&self, _demonstrator: &str, _seed: u64) -> Result<String, Error> {
        Ok(format!("pull {}", self.right))
    }

    fn describe(&self) -> Description {
        unreachable!("no policy asks")
    }

    fn load(&mut self, _: Vec<DataFile>, _: &str) -> Result<LoadReport, Error> {
        unreachable!("no policy asks")
    }

    fn open(&mut self, _: &str, _: u64, _: u32) -> Result<Episode, Error> {
        unreachable!("no policy asks")
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        unreachable!("no policy asks")
    }

    fn score(&self, _: &str, _: &Answer) -> Result<Score, Error> {
        unreachable!("no policy asks")
    }

    fn demonstrate(&self, _: &str, _: u32, _: u64) -> Result<Vec<Hint>, Error> {
        unreachable!("no policy asks")
    }
}
