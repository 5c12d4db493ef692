//! `chunks`: long texts are read chunk by chunk, and then many questions are asked about them.
//! The user provides rows of MemoryAgentBench (Hu et al., ICLR 2026) or of Mem-alpha (Wang et
//! al. 2025) as JSON Lines, or an option names a world whose episodes are generated: `conflicts`
//! or `labels`.
//!
//! A snapshot contains the open episode with its text, so that an instance without data can
//! continue it; to open another episode there, `load` again.

use memloom_sdk::environment::{
    DataFile, Description, Environment, Episode as Opened, LoadReport, Split as Part,
};
use memloom_sdk::generated::{self, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Question, Score, Session, SessionContent};

pub mod chunking;
pub mod demonstrators;
pub mod episode;
mod evidence;
pub mod films;
mod library;
pub mod options;
mod row;
pub mod rubric;
pub mod scorer;
pub mod scoring;
pub mod seed;
pub mod source;
mod warnings;
pub mod world;

use demonstrators::Demonstrator;
use episode::{Asked, Episode, SPEAKER};
use library::Library;
use options::{Options, World};
use source::{FAMILIES, Family, OTHER};

/// The environment.
#[derive(Default)]
pub struct Chunks {
    supply: Supply,
    /// The open episode, cut to the horizon.
    open: Option<Episode>,
}

/// The supply of episodes.
enum Supply {
    /// The user's files.
    Files(Box<Library>),
    /// A world.
    World(World, Box<Options>),
}

impl Default for Supply {
    fn default() -> Self {
        Self::Files(Box::default())
    }
}

impl Chunks {
    fn opened(&self) -> Result<&Episode, Error> {
        self.open
            .as_ref()
            .ok_or_else(|| Error::Invalid("no episode of chunks is open: call `open` first".into()))
    }

    fn asked(&self, question: &str) -> Result<&Asked, Error> {
        let open = self.opened()?;
        let mut asked = open.asked.iter();
        asked
            .find(|asked| asked.question.id == question)
            .ok_or_else(|| Error::Unknown(format!("{} asks no question `{question}`", open.id)))
    }
}

impl Environment for Chunks {
    fn describe(&self) -> Description {
        let mut categories: Vec<String> = FAMILIES.iter().flat_map(Family::categories).collect();
        let worlds = world::conflicts::CATEGORIES.into_iter();
        let others = worlds.chain([world::labels::CATEGORY, OTHER]);
        categories.extend(others.map(String::from));
        Description {
            name: "chunks".into(),
            summary: "Long texts in chunks, with many questions: MemoryAgentBench, Mem-alpha, and \
                      generated worlds."
                .into(),
            categories,
            lexicon: Vec::new(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let options = Options::parse(options)?;
        let report = match options.world {
            Some(world) => {
                let report = generated::load("chunks", &files)?;
                self.supply = Supply::World(world, Box::new(options));
                report
            }
            None => {
                let (library, warnings) = Library::new(files, options)?;
                let splits = Split::ALL.map(|split| Part {
                    name: split.name().into(),
                    episodes: Some(library.episodes(split) as u64),
                });
                self.supply = Supply::Files(Box::new(library));
                LoadReport {
                    splits: splits.into(),
                    warnings,
                }
            }
        };
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Opened, Error> {
        let split = Split::parse("chunks", split)?;
        let open = match &self.supply {
            Supply::Files(library) => library.episode(split, index, horizon)?,
            Supply::World(world, options) => {
                world::generate(*world, options, split, index, horizon)
            }
        };
        let opened = Opened {
            id: open.id.clone(),
            sessions: open.sittings.len() as u32,
            speakers: vec![SPEAKER.into()],
        };
        self.open = Some(open);
        Ok(opened)
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let lines = self.opened()?.lines(index)?;
        Ok(SessionContent::Dialogue(Session {
            index,
            time: format!("Chunk {index}"),
            turns: episode::turns(index, lines),
        }))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let asked = self.opened()?.asked.iter();
        Ok(asked.map(|asked| asked.question.clone()).collect())
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        Ok(scoring::score(
            self.opened()?,
            self.asked(question)?,
            answer,
        ))
    }

    fn rubric(&self, question: &str) -> Result<Option<String>, Error> {
        Ok(Some(rubric::rubric(self.asked(question)?)))
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let open = self.opened()?;
        let lines = open.lines(index)?;
        let mut random = seed::demonstration(seed, &open.id, index);
        Ok(Demonstrator::parse(demonstrator)?.hints(open, index, lines, &mut random))
    }
}

const FORMAT: Format = Format {
    component: "chunks",
    version: 1,
};

impl State for Chunks {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.open)
    }

    /// Drops loaded data and options, so that all instances that restore the same bytes are
    /// equal.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.open = FORMAT.load(bytes)?;
        self.supply = Supply::default();
        Ok(())
    }
}

memloom_sdk::export_environment!(Chunks);

#[cfg(test)]
mod tests;
