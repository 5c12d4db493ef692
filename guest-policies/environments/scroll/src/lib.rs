//! `scroll`: a text that is read section by section with a question in mind, as MemAgent (arXiv
//! 2507.02259) reads it. The texts are made up, or come from the user's files.
//!
//! Made-up episodes are unlimited and seeded: an episode is a function of the options, the split
//! and its index, and a longer horizon continues a shorter one. The language is closed, and the
//! splits share no names.
//!
//! A snapshot contains the open episode with its texts, so that an instance without files can
//! continue it; to open another episode of files there, `load` again.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};
use serde::{Deserialize, Serialize};

pub mod command;
pub mod demonstrators;
pub mod episode;
pub mod fact;
pub mod files;
pub mod layout;
pub mod names;
pub mod notes;
pub mod options;
pub mod scoring;
pub mod seed;
pub mod text;
pub mod visit;
pub mod world;

use demonstrators::Demonstrator;
use episode::{Open, SPEAKER};
use files::Library;
use options::{Asked, Options};
use seed::Place;
use text::Category;

/// The source of episodes.
#[derive(Default)]
enum Source {
    /// They are made up.
    #[default]
    MadeUp,
    /// They are read from files.
    Files(Library),
    /// They were read from files, which a snapshot does not hold.
    Gone,
}

/// The environment.
#[derive(Default)]
pub struct Scroll {
    options: Options,
    source: Source,
    open: Option<Open>,
}

impl Scroll {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of scroll is open: call `open` first".into())
}

impl Environment for Scroll {
    fn describe(&self) -> Description {
        Description {
            name: "scroll".into(),
            summary: "Texts that are read section by section with a question in mind.".into(),
            categories: Category::ALL.map(|category| category.name().into()).into(),
            lexicon: fact::lexicon(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let options = Options::parse(options)?;
        let (source, report) = match files.is_empty() {
            true => {
                options.made_up(0)?;
                (Source::MadeUp, generated::load("scroll", &files)?)
            }
            false => {
                let library = Library::read(&files)?;
                let report = library.report(&options);
                (Source::Files(library), report)
            }
        };
        *self = Self {
            options,
            source,
            open: None,
        };
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let options = &self.options;
        let place = Place {
            split: Split::parse("scroll", split)?,
            index,
        };
        let texts = match &self.source {
            Source::MadeUp => world::texts(options, place, options.made_up(horizon)?)?,
            Source::Files(library) => library.texts(options, place, horizon)?,
            Source::Gone => {
                return Err(Error::Invalid(
                    "scroll: a restored snapshot has no files: call `load` first".into(),
                ));
            }
        };
        let sessions = texts.len() as u32;
        self.open = Some(Open::new(place, texts));
        let speakers = match options.question {
            Asked::First => Vec::new(),
            Asked::Last => vec![SPEAKER.into()],
        };
        Ok(Episode {
            id: format!("{split}/{index}"),
            sessions,
            speakers,
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
        Ok(self.opened()?.questions(&self.options))
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        self.opened()?.score(question, answer, &self.options)
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        let open = self.opened()?;
        open.hints(demonstrator, index, seed, &self.options)
    }
}

const FORMAT: Format = Format {
    component: "scroll",
    version: 1,
};

/// The content of a snapshot.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    /// True if episodes are made up.
    made_up: bool,
    open: Option<Open>,
}

impl State for Scroll {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&Saved {
            options: self.options.clone(),
            made_up: matches!(self.source, Source::MadeUp),
            open: self.open.clone(),
        })
    }

    /// Keeps the files that were loaded, if the episodes of the snapshot are from files.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved {
            options,
            made_up,
            open,
        } = FORMAT.load(bytes)?;
        options.check()?;
        open.as_ref().map_or(Ok(()), Open::check)?;
        let source = match std::mem::take(&mut self.source) {
            _ if made_up => Source::MadeUp,
            Source::Files(library) => Source::Files(library),
            Source::MadeUp | Source::Gone => Source::Gone,
        };
        *self = Self {
            options,
            source,
            open,
        };
        Ok(())
    }
}

memloom_sdk::export_environment!(Scroll);

#[cfg(test)]
mod tests;
