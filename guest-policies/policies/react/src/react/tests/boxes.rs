//! An environment of two tasks: what is seen in the first is needed in the second.

use memloom_sdk::Environment;
use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};

/// Boxes, one of which holds the key. In session 1 all may be opened, in session 2 one.
pub struct Boxes {
    /// The number of boxes.
    pub count: usize,
    /// The number of the box with the key, from 1.
    pub key: usize,
    /// True if the actions are listed.
    pub listed: bool,
    session: u32,
    opened: usize,
    /// True if the key was seen.
    seen: bool,
    /// True if the key was brought.
    brought: bool,
    done: bool,
}

impl Boxes {
    pub fn new(count: usize, key: usize, listed: bool) -> Self {
        Self {
            count,
            key,
            listed,
            session: 0,
            opened: 0,
            seen: false,
            brought: false,
            done: false,
        }
    }

    fn actions(&self) -> Vec<String> {
        match self.listed && !self.done {
            true => (1..=self.count).map(open).collect(),
            false => Vec::new(),
        }
    }
}

pub fn open(number: usize) -> String {
    format!("open box {number}")
}

impl Environment for Boxes {
    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        (self.session, self.opened, self.done) = (index, 0, false);
        let (instruction, steps) = match index {
            1 => ("look into all boxes .", 0),
            _ => ("bring the key .", 1),
        };
        Ok(SessionContent::Task(Task {
            index,
            time: format!("{index} May 2023"),
            instruction: instruction.into(),
            actions: self.actions(),
            steps,
        }))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        if self.done {
            return Err(Error::Invalid("the task is over".into()));
        }
        let number = (1..=self.count).find(|&number| open(number) == action);
        let has_key = number == Some(self.key);
        let text = match number {
            Some(number) if has_key => format!("the key is in box {number} ."),
            Some(number) => format!("there is only dust in box {number} ."),
            None => "nothing happens .".into(),
        };
        self.opened += 1;
        self.seen |= has_key;
        self.brought = self.session > 1 && has_key;
        self.done = self.session > 1 || self.opened == self.count;
        Ok(Observation {
            text,
            done: self.done,
            reward: f32::from(self.brought),
            actions: self.actions(),
        })
    }

    /// Opens box after box, and then the one in which the key was seen.
    fn advise(&self, _demonstrator: &str, _seed: u64) -> Result<String, Error> {
        Ok(open(match self.session {
            1 => self.opened + 1,
            _ if self.seen => self.key,
            _ => 1,
        }))
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
        Ok(Score {
            reward: f32::from(self.brought),
            metrics: vec![],
        })
    }

    fn demonstrate(&self, _: &str, _: u32, _: u64) -> Result<Vec<Hint>, Error> {
        unreachable!("no policy asks")
    }
}
