//! An environment of a stream of doors, each of which wants the blue key.

use memloom_sdk::Environment;
use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};

/// The keys. All doors want the last one.
const KEYS: [&str; 3] = ["red", "green", "blue"];

/// A stream of doors, with one try each, or as many as a task has steps.
pub struct Doors {
    /// True if the actions are listed.
    listed: bool,
    /// The tries at a door.
    tries: u32,
    session: u32,
    tried: u32,
    done: bool,
    opened: Vec<u32>,
}

impl Doors {
    pub fn new(listed: bool) -> Self {
        Self {
            listed,
            tries: 1,
            session: 0,
            tried: 0,
            done: false,
            opened: Vec::new(),
        }
    }

    /// Returns a stream of doors with so many tries each, and no listed actions.
    pub fn with_tries(tries: u32) -> Self {
        Self {
            tries,
            ..Self::new(false)
        }
    }

    fn actions(&self) -> Vec<String> {
        let listed = self.listed && !self.done;
        KEYS.iter()
            .filter(|_| listed)
            .map(|key| with(key))
            .collect()
    }
}

/// Returns the action with a key.
pub fn with(key: &str) -> String {
    format!("use {key} key")
}

/// Returns the instruction of a session.
pub fn door(session: u32) -> String {
    format!("Open door {session}.")
}

impl Environment for Doors {
    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        (self.session, self.tried, self.done) = (index, 0, false);
        Ok(SessionContent::Task(Task {
            index,
            time: format!("day {index}"),
            instruction: door(index),
            actions: self.actions(),
            steps: self.tries,
        }))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let opens = action == with("blue");
        self.tried += 1;
        self.done = opens || self.tried == self.tries;
        if opens {
            self.opened.push(self.session);
        }
        let text = match opens {
            true => "It opens.",
            false => "It wants the blue key.",
        };
        Ok(Observation {
            text: text.into(),
            done: self.done,
            reward: f32::from(opens),
            actions: self.actions(),
        })
    }

    /// Uses the blue key, after a word about it in every second session.
    fn advise(&self, _demonstrator: &str, _seed: u64) -> Result<String, Error> {
        Ok(match self.session % 2 {
            0 if !self.listed => format!("It wants blue.\n{}", with("blue")),
            _ => with("blue"),
        })
    }

    /// Says whether the door of a session, named by its number, was opened.
    fn score(&self, question: &str, _: &Answer) -> Result<Score, Error> {
        let opened = self.opened.iter().any(|it| it.to_string() == question);
        Ok(Score {
            reward: f32::from(opened),
            metrics: vec![],
        })
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

    fn demonstrate(&self, _: &str, _: u32, _: u64) -> Result<Vec<Hint>, Error> {
        unreachable!("no policy asks")
    }
}
