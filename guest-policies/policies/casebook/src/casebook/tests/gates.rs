//! An environment of a stream of gates, each of which wants the blue key.

use memloom_sdk::Environment;
use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};

/// A stream of gates, with so many tries each.
#[derive(Default)]
pub struct Gates {
    /// True if the actions are listed.
    listed: bool,
    /// The tries at a gate; 0 if there is no end of them.
    tries: u32,
    tried: u32,
    done: bool,
}

impl Gates {
    pub fn new(listed: bool, tries: u32) -> Self {
        Self {
            listed,
            tries,
            ..Self::default()
        }
    }

    fn actions(&self) -> Vec<String> {
        match self.listed && !self.done {
            true => ["use red key", "use blue key"].map(String::from).into(),
            false => Vec::new(),
        }
    }
}

impl Environment for Gates {
    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        (self.tried, self.done) = (0, false);
        Ok(SessionContent::Task(Task {
            index,
            time: format!("day {index}"),
            instruction: format!("Open gate {index}."),
            actions: self.actions(),
            steps: self.tries,
        }))
    }

    /// The blue key opens the gate, and so does the right answer.
    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let opens = ["use blue key", "answer blue"].contains(&action);
        self.tried += 1;
        self.done = opens || self.tried == self.tries;
        let text = match opens {
            true => "It opens.",
            false => "It stays shut.",
        };
        Ok(Observation {
            text: text.into(),
            done: self.done,
            reward: f32::from(opens),
            actions: self.actions(),
        })
    }

    fn advise(&self, _: &str, _: u64) -> Result<String, Error> {
        Ok("It wants blue.\nuse blue key".into())
    }

    fn score(&self, _: &str, _: &Answer) -> Result<Score, Error> {
        unreachable!("no policy asks")
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
