//! `blocks`: small worlds to plan in, in which an agent makes goals true one by one, as in the
//! planning tasks of HiAgent (arXiv 2408.09559) and AgentBoard (arXiv 2401.13178).
//!
//! Episodes are unlimited and seeded: an episode is a function of the options, the split and its
//! index. The language is closed, and the splits share no problem. Every session is a task with a
//! silent question, which says what the task came to.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};

mod course;
mod demonstrators;
mod domain;
mod episode;
mod expert;
mod ground;
mod language;
mod options;
mod problem;
mod scoring;
mod stream;
mod worlds;

use demonstrators::Demonstrator;
use episode::{Moves, Open};
use options::Options;
use problem::CATEGORIES;

/// The environment.
#[derive(Default)]
pub struct Blocks {
    options: Options,
    open: Option<Open>,
}

impl Blocks {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of blocks is open: call `open` first".into())
}

impl Environment for Blocks {
    fn describe(&self) -> Description {
        Description {
            name: "blocks".into(),
            summary: "Small worlds to plan in, where goals are made true one by one.".into(),
            categories: CATEGORIES.map(String::from).into(),
            lexicon: language::lexicon(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let report = generated::load("blocks", &files)?;
        self.options = Options::parse(options)?;
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let known = Split::parse("blocks", split)?;
        let open = Open::new(&self.options, known, index, horizon);
        let sessions = open.address.sessions;
        self.open = Some(open);
        Ok(Episode {
            id: format!("{split}/{index}"),
            sessions,
            speakers: Vec::new(),
        })
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        open.session(index, &self.options)
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        open.act(action, &self.options)
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        self.opened()?.advise(demonstrator, seed, &self.options)
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        Ok(self.opened()?.questions())
    }

    fn score(&self, question: &str, _answer: &Answer) -> Result<Score, Error> {
        self.opened()?.score(question)
    }

    /// Returns no hints: all sessions are tasks, in which demonstrators advise.
    fn demonstrate(&self, demonstrator: &str, index: u32, _seed: u64) -> Result<Vec<Hint>, Error> {
        Demonstrator::parse(demonstrator)?;
        self.opened()?.exists(index)?;
        Ok(Vec::new())
    }
}

const FORMAT: Format = Format {
    component: "blocks",
    version: 1,
};

/// A snapshot holds the options as JSON, the episode's identity, and the moves, from which all else
/// follows.
impl State for Blocks {
    fn snapshot(&self) -> Vec<u8> {
        let open = self.open.as_ref();
        let open = open.map(|open| (open.address, &open.moves));
        FORMAT.save(&(self.options.json(), open))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (options, open): (String, Option<(Address, Moves)>) = FORMAT.load(bytes)?;
        let options = Options::parse(&options)?;
        self.open = match open {
            Some((address, moves)) => Some(Open::resumed(&options, address, moves)?),
            None => None,
        };
        self.options = options;
        Ok(())
    }
}

memloom_sdk::export_environment!(Blocks);

#[cfg(test)]
mod tests;
