//! `quest`: several questions at once, which an agent answers by searching documents, as in MEM1
//! (arXiv 2506.15841) and Memory-as-Action (arXiv 2510.12635). The documents are made up, or come
//! from the user's files.
//!
//! Made-up episodes are unlimited and seeded: an episode is a function of the options, the split
//! and its index, and a longer horizon continues a shorter one. The language is closed, and the
//! splits share no names.
//!
//! A snapshot contains the open episode with its documents, so that an instance without files can
//! continue it; to open another episode of files there, `load` again.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent};

mod command;
mod corpus;
mod demonstrators;
mod episode;
pub mod fact;
mod files;
mod listing;
mod names;
mod options;
mod problem;
mod scoring;
mod seed;
mod view;
mod visit;
mod world;

use demonstrators::Demonstrator;
use episode::Open;
use files::Library;
use options::Options;
use problem::Category;
use seed::Place;
use world::World;

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
pub struct Quest {
    options: Options,
    source: Source,
    open: Option<Open>,
}

impl Quest {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }

    fn made_up(&self, place: Place, horizon: u32) -> Result<Open, Error> {
        let options = &self.options;
        let sessions = options.made_up(horizon)?;
        let world = World::new(options, place);
        let tasks = (1..=sessions).map(|session| world.problems(options, place, session));
        let tasks = tasks.collect::<Result<_, Error>>()?;
        Ok(Open::new(place, world.documents(), tasks))
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of quest is open: call `open` first".into())
}

impl Environment for Quest {
    fn describe(&self) -> Description {
        Description {
            name: "quest".into(),
            summary: "Several questions at once, answered by searching documents.".into(),
            categories: Category::ALL.map(|category| category.name().into()).into(),
            lexicon: fact::lexicon(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let options = Options::parse(options)?;
        let (source, report) = match files.is_empty() {
            true => {
                options.made_up(0)?;
                (Source::MadeUp, generated::load("quest", &files)?)
            }
            false => {
                options.of_files()?;
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
        let place = Place {
            split: Split::parse("quest", split)?,
            index,
        };
        let open = match &self.source {
            Source::MadeUp => self.made_up(place, horizon)?,
            Source::Files(library) => library.open(&self.options, place, horizon)?,
            Source::Gone => {
                return Err(Error::Invalid(
                    "quest: a restored snapshot has no files: call `load` first".into(),
                ));
            }
        };
        let sessions = open.sessions();
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
        self.opened()?.score(question, &self.options)
    }

    /// Returns no hints: all sessions are tasks, in which demonstrators advise.
    fn demonstrate(&self, demonstrator: &str, index: u32, _seed: u64) -> Result<Vec<Hint>, Error> {
        Demonstrator::parse(demonstrator)?;
        self.opened()?.exists(index)?;
        Ok(Vec::new())
    }
}

const FORMAT: Format = Format {
    component: "quest",
    version: 1,
};

impl State for Quest {
    fn snapshot(&self) -> Vec<u8> {
        let is_made_up = matches!(self.source, Source::MadeUp);
        FORMAT.save(&(&self.options, is_made_up, &self.open))
    }

    /// Keeps the files that were loaded, if the episodes of the snapshot are from files.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (options, is_made_up, open): (Options, bool, Option<Open>) = FORMAT.load(bytes)?;
        options.check()?;
        open.as_ref().map_or(Ok(()), |open| open.check(&options))?;
        let source = match std::mem::take(&mut self.source) {
            _ if is_made_up => Source::MadeUp,
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

memloom_sdk::export_environment!(Quest);

#[cfg(test)]
mod tests;
