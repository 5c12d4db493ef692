//! `chronicle`: people talk about their lives over many sessions. They move, change
//! jobs, correct themselves, cancel trips, wish for other lives, and make small talk.
//! Questions ask for the final facts.
//!
//! Episodes are unlimited and seeded: an episode is a function of the options, the split
//! and its index, and a longer horizon continues a shorter one. The language is
//! closed (see [`kind::lexicon`] and [`sentences`]), the splits share no names.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Question, Score, Session, SessionContent, Turn};
use serde::{Deserialize, Serialize};

pub mod calendar;
pub mod demonstrators;
pub mod kind;
pub mod life;
pub mod names;
pub mod options;
pub mod questions;
pub mod scoring;
pub mod seed;
pub mod sentences;
pub mod story;
pub mod talk;
pub mod wording;

use demonstrators::Demonstrator;
use options::Options;
use questions::{Asked, CATEGORIES};
use story::Story;

/// The environment.
#[derive(Default)]
pub struct Chronicle {
    options: Options,
    open: Option<Open>,
}

/// The open episode.
struct Open {
    address: Address,
    story: Story,
    asked: Vec<Asked>,
}

impl Open {
    fn new(options: &Options, address: Address) -> Self {
        let story = life::live(options, &address);
        let asked = questions::ask(&story, &mut seed::questions(options.seed, &address));
        Self {
            address,
            story,
            asked,
        }
    }

    fn check(&self, session: u32) -> Result<(), Error> {
        let sessions = self.address.sessions;
        if (1..=sessions).contains(&session) {
            return Ok(());
        }
        Err(Error::Unknown(format!(
            "the episode has no session {session}: it has 1 to {sessions}"
        )))
    }
}

impl Chronicle {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(|| {
            Error::Invalid("no episode of chronicle is open: call `open` first".into())
        })
    }
}

impl Environment for Chronicle {
    fn describe(&self) -> Description {
        Description {
            name: "chronicle".into(),
            summary: "Generated lives in plain English: facts that change, plans that are \
                      cancelled, lures and talk."
                .into(),
            categories: CATEGORIES.map(String::from).into(),
            lexicon: kind::lexicon(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let report = generated::load("chronicle", &files)?;
        self.options = Options::parse(options)?;
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let address = Address {
            split: Split::parse("chronicle", split)?,
            index,
            sessions: self.options.horizon(horizon)?,
        };
        let open = Open::new(&self.options, address);
        let episode = Episode {
            id: format!("{split}/{index}"),
            sessions: address.sessions,
            speakers: open.story.people.iter().map(|&name| name.into()).collect(),
        };
        self.open = Some(open);
        Ok(episode)
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.opened()?;
        open.check(index)?;
        let view = &open.story.sittings[index as usize - 1];
        let turns = view
            .lines
            .iter()
            .map(|line| Turn {
                id: line.id.clone(),
                speaker: open.story.people[line.speaker].into(),
                text: line.text.clone(),
            })
            .collect();
        Ok(SessionContent::Dialogue(Session {
            index,
            time: view.time.clone(),
            turns,
        }))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let asked = &self.opened()?.asked;
        Ok(asked.iter().map(|asked| asked.question.clone()).collect())
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let asked = &self.opened()?.asked;
        asked
            .iter()
            .find(|asked| asked.question.id == question)
            .map(|asked| scoring::score(&answer.text, &asked.gold))
            .ok_or_else(|| Error::Unknown(format!("the episode asks no question `{question}`")))
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let open = self.opened()?;
        open.check(index)?;
        let mut random = seed::demonstration(seed, &open.address, index);
        Ok(Demonstrator::parse(demonstrator)?.hints(&open.story, index, &mut random))
    }
}

const FORMAT: Format = Format {
    component: "chronicle",
    version: 1,
};

/// The complete input of an episode's generation.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    open: Option<Address>,
}

impl State for Chronicle {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&Saved {
            options: self.options.clone(),
            open: self.open.as_ref().map(|open| open.address),
        })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved { options, open } = FORMAT.load(bytes)?;
        options.check()?;
        self.open = match open {
            Some(address) => {
                options.horizon(address.sessions)?;
                Some(Open::new(&options, address))
            }
            None => None,
        };
        self.options = options;
        Ok(())
    }
}

memloom_sdk::export_environment!(Chronicle);

#[cfg(test)]
mod tests;
