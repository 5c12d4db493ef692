//! An environment of three rooms: b is west of a, and c is south of b.

use memloom_sdk::Environment;
use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};

/// The ways, as (room, direction, room).
const WAYS: [(&str, &str, &str); 4] = [
    ("a", "west", "b"),
    ("b", "east", "a"),
    ("b", "south", "c"),
    ("c", "north", "b"),
];

/// The environment.
pub struct Maze {
    here: &'static str,
    /// True if actions are listed.
    listed: bool,
    /// The number of acts that end the task.
    steps: u32,
    acts: u32,
}

impl Maze {
    /// Returns a maze in which a task takes so many acts.
    pub fn new(listed: bool, steps: u32) -> Self {
        Self {
            here: "a",
            listed,
            steps,
            acts: 0,
        }
    }

    fn seen(&self) -> String {
        let exits = WAYS.iter().filter(|(from, ..)| *from == self.here);
        let exits: Vec<&str> = exits.map(|(_, way, _)| *way).collect();
        let here = self.here;
        format!("you are in {here}. {here} has exits {}.", exits.join(", "))
    }

    fn actions(&self) -> Vec<String> {
        let ways = WAYS.iter().filter(|(from, ..)| *from == self.here);
        let ways = ways.map(|(_, way, _)| format!("go {way}"));
        let actions = ["look".into()].into_iter().chain(ways);
        actions.filter(|_| self.listed).collect()
    }
}

impl Environment for Maze {
    fn describe(&self) -> Description {
        unreachable!("a rehearsal describes no environment")
    }

    fn load(&mut self, _: Vec<DataFile>, _: &str) -> Result<LoadReport, Error> {
        unreachable!("a maze is ready")
    }

    fn open(&mut self, _: &str, _: u64, _: u32) -> Result<Episode, Error> {
        unreachable!("a maze is open")
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        (self.here, self.acts) = ("a", 0);
        Ok(SessionContent::Task(Task {
            index,
            time: format!("day {index}"),
            instruction: format!("go to c. {}", self.seen()),
            actions: self.actions(),
            steps: 0,
        }))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let way = WAYS
            .iter()
            .find(|(from, way, _)| *from == self.here && action.strip_prefix("go ") == Some(way));
        self.acts += 1;
        let text = match (way, action) {
            (Some((_, _, to)), _) => {
                self.here = to;
                self.seen()
            }
            (None, "look") => self.seen(),
            (None, "sing") => return Err(Error::Invalid("nobody sings here.".into())),
            (None, _) => "you cannot.".into(),
        };
        let done = self.acts >= self.steps;
        Ok(Observation {
            text,
            done,
            reward: 0.0,
            actions: if done { vec![] } else { self.actions() },
        })
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        unreachable!("a maze asks nothing")
    }

    fn score(&self, _: &str, _: &Answer) -> Result<Score, Error> {
        unreachable!("a maze asks nothing")
    }

    fn demonstrate(&self, _: &str, _: u32, _: u64) -> Result<Vec<Hint>, Error> {
        Ok(vec![])
    }
}
