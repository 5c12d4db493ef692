//! `house`: an agent acts in a small house over many sessions. It sees every room, hears what was
//! moved, and then has tasks that it can only do in time if it knows where things are.
//!
//! Episodes are unlimited and seeded: an episode is a function of the options, the split and its
//! index, and a longer horizon continues a shorter one. The language is closed, and the splits
//! share no names.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};
use names::Names;
use serde::{Deserialize, Serialize};

pub mod act;
pub mod asked;
pub mod building;
pub mod demonstrators;
pub mod drawing;
pub mod episode;
pub mod expert;
pub mod fact;
pub mod goal;
pub mod house;
pub mod lived;
pub mod mind;
pub mod names;
pub mod options;
pub mod possible;
pub mod questions;
pub mod report;
pub mod rules;
pub mod script;
pub mod seed;
pub mod session;
pub mod world;

use demonstrators::Demonstrator;
use episode::Open;
use goal::CATEGORIES;
use options::Options;

/// The environment.
#[derive(Default)]
pub struct House {
    options: Options,
    open: Option<Open>,
}

impl House {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(closed)
    }
}

fn closed() -> Error {
    Error::Invalid("no episode of house is open: call `open` first".into())
}

impl Environment for House {
    fn describe(&self) -> Description {
        Description {
            name: "house".into(),
            summary: "Tasks in generated houses that need what earlier sessions showed.".into(),
            categories: CATEGORIES.map(String::from).into(),
            lexicon: names::lexicon(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let report = generated::load("house", &files)?;
        self.options = Options::parse(options)?;
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let address = Address {
            split: Split::parse("house", split)?,
            index,
            sessions: self.options.horizon(horizon)?,
        };
        self.open = Some(Open::new(&self.options, address));
        let inhabitants = address.split.inhabitants();
        Ok(Episode {
            id: format!("{split}/{index}"),
            sessions: address.sessions,
            speakers: inhabitants.iter().map(|&name| name.into()).collect(),
        })
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.open.as_mut().ok_or_else(closed)?;
        open.begin(index, &self.options)
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.open.as_mut().ok_or_else(closed)?;
        let act = act::Act::parse(&open.house, action);
        open.act(act, self.options.actions)
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        self.opened()?.advise(demonstrator, seed)
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        Ok(self.opened()?.questions())
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        self.opened()?.score(question, &answer.text)
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        self.opened()?.hints(demonstrator, index, seed)
    }
}

const FORMAT: Format = Format {
    component: "house",
    version: 1,
};

/// The options, the episode, and the acts in each session that was lived. They determine the
/// state of the house and everything that was perceived.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    open: Option<(Address, episode::Acts)>,
}

impl State for House {
    fn snapshot(&self) -> Vec<u8> {
        let open = self.open.as_ref();
        FORMAT.save(&Saved {
            options: self.options.clone(),
            open: open.map(|open| (open.address, open.acts())),
        })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved { options, open } = FORMAT.load(bytes)?;
        options.check()?;
        self.open = match open {
            Some((address, acts)) => {
                options.horizon(address.sessions)?;
                Some(Open::resumed(&options, address, acts)?)
            }
            None => None,
        };
        self.options = options;
        Ok(())
    }
}

memloom_sdk::export_environment!(House);

#[cfg(test)]
mod tests;
