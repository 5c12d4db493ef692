//! `office`: tasks in five applications that share a back end, seen as calls or as pages.
//!
//! Every episode has its own passwords and peculiarities: renamed calls, notices, formats of
//! dates. They cost acts to find out, and hold for the whole episode, so an agent that
//! remembers them does later tasks within the number of acts that is allowed. Episodes are
//! unlimited and seeded; a longer horizon continues a shorter one, and the splits share no
//! names.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};
use serde::{Deserialize, Serialize};

pub mod api;
pub mod arrange;
pub mod background;
pub mod call;
pub mod changes;
pub mod client;
pub mod date;
pub mod demonstrators;
pub mod docs;
pub mod episode;
pub mod given;
pub mod goals;
pub mod listing;
pub mod memory;
pub mod names;

pub mod options;
pub mod pages;
pub mod plan;
pub mod quirks;
pub mod reply;
pub mod row;
pub mod script;
pub mod seed;
pub mod server;
pub mod sitting;
pub mod task;
pub mod template;
pub mod world;

use demonstrators::Demonstrator;
use episode::Open;
use options::{Actions, Options};
use sitting::Sitting;
use template::Template;

/// The environment.
#[derive(Default)]
pub struct Office {
    options: Options,
    open: Option<Open>,
}

impl Office {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(not_open)
    }

    fn opened_mut(&mut self) -> Result<&mut Open, Error> {
        self.open.as_mut().ok_or_else(not_open)
    }
}

fn not_open() -> Error {
    Error::Invalid("no episode of office is open: call `open` first".into())
}

impl Environment for Office {
    fn describe(&self) -> Description {
        let closed = self.options.actions == Actions::Listed;
        Description {
            name: "office".into(),
            summary: "Tasks in an office of five applications, with peculiarities to remember."
                .into(),
            categories: Template::ALL.map(|template| template.name().into()).into(),
            lexicon: if closed { names::lexicon() } else { Vec::new() },
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let report = generated::load("office", &files)?;
        self.options = Options::parse(options)?;
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let address = Address {
            split: Split::parse("office", split)?,
            index,
            sessions: self.options.horizon(horizon)?,
        };
        self.open = Some(Open::new(&self.options, address));
        Ok(Episode {
            id: format!("{split}/{index}"),
            sessions: address.sessions,
            speakers: Vec::new(),
        })
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let task = self.opened_mut()?.start(index)?;
        Ok(SessionContent::Task(task))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.opened_mut()?.act(action)
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        let (setting, sitting) = self.opened()?.current()?;
        Ok(demonstrator.advise(setting, sitting, seed))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let tasks = self.opened()?.plan.tasks.iter();
        Ok(tasks
            .map(|task| Question {
                id: format!("task-{}", task.session),
                text: String::new(),
                category: task.template.name().into(),
                sessions: task.needs.iter().copied().chain([task.session]).collect(),
                evidence: Vec::new(),
            })
            .collect())
    }

    fn score(&self, question: &str, _answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        question
            .strip_prefix("task-")
            .and_then(|session| session.parse().ok())
            .filter(|session| open.check(*session).is_ok())
            .map(|session| open.score(session))
            .ok_or_else(|| Error::Unknown(format!("the episode asks no question `{question}`")))
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, _seed: u64) -> Result<Vec<Hint>, Error> {
        Demonstrator::parse(demonstrator)?;
        self.opened()?.check(index)?;
        Ok(Vec::new())
    }
}

const FORMAT: Format = Format {
    component: "office",
    version: 1,
};

/// The options, and the open episode with its tasks.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    open: Option<(Address, Vec<Option<Sitting>>)>,
}

impl State for Office {
    fn snapshot(&self) -> Vec<u8> {
        let open = self.open.as_ref();
        FORMAT.save(&Saved {
            options: self.options.clone(),
            open: open.map(|open| (open.address, open.sittings.clone())),
        })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved { options, open } = FORMAT.load(bytes)?;
        options.check()?;
        self.open = match open {
            Some((address, sittings)) => {
                options.horizon(address.sessions)?;
                Some(Open::restored(&options, address, sittings)?)
            }
            None => None,
        };
        self.options = options;
        Ok(())
    }
}

memloom_sdk::export_environment!(Office);

#[cfg(test)]
mod tests;
