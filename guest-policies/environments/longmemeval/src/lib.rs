//! `longmemeval`: the LongMemEval questions (Wu et al., ICLR 2025), each about a long history of
//! sessions of a user with an assistant. The user provides the published file.
//!
//! A snapshot contains the open episode with its text, so that an instance without files can
//! continue it; to open another episode there, `load` again.

use memloom_sdk::environment::{
    DataFile, Description, Environment, Episode as Opened, LoadReport, Split as Part,
};
use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::shares::hash;
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Question, Score, Session, SessionContent};

mod demonstrators;
mod episode;
mod faults;
mod history;
mod kind;
mod library;
mod moment;
mod options;
mod published;
mod retrieval;
mod rubric;
mod scoring;

use episode::{Asked, Episode, SessionView};
use kind::Kind;
use library::Library;
use options::Options;

/// The environment.
#[derive(Default)]
pub struct LongMemEval {
    library: Library,
    /// The open episode, cut to the horizon.
    open: Option<Episode>,
}

impl LongMemEval {
    fn opened(&self) -> Result<&Episode, Error> {
        self.open.as_ref().ok_or_else(|| {
            Error::Invalid("no episode of longmemeval is open: call `open` first".into())
        })
    }

    fn view(&self, index: u32) -> Result<&SessionView, Error> {
        let open = self.opened()?;
        let place = index.checked_sub(1).map(|place| place as usize);
        place
            .and_then(|place| open.sittings.get(place))
            .ok_or_else(|| {
                let (id, sessions) = (&open.id, open.sittings.len());
                Error::Unknown(format!(
                    "{id} has no session {index}: it has 1 to {sessions}"
                ))
            })
    }

    fn asked(&self, question: &str) -> Result<&Asked, Error> {
        let open = self.opened()?;
        let mut asked = open.asked.iter();
        asked
            .find(|asked| asked.question.id == question)
            .ok_or_else(|| Error::Unknown(format!("{} asks no question `{question}`", open.id)))
    }
}

impl Environment for LongMemEval {
    fn describe(&self) -> Description {
        Description {
            name: "longmemeval".into(),
            summary: "LongMemEval: long histories of chats with an assistant, with questions."
                .into(),
            categories: Kind::ALL.map(|kind| kind.name().into()).into(),
            lexicon: Vec::new(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let (library, warnings) = Library::new(files, Options::parse(options)?)?;
        self.library = library;
        self.open = None;
        let splits = Split::ALL.map(|split| Part {
            name: split.name().into(),
            episodes: Some(self.library.episodes(split) as u64),
        });
        Ok(LoadReport {
            splits: splits.into(),
            warnings,
        })
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Opened, Error> {
        let split = Split::parse("longmemeval", split)?;
        let open = self.library.episode(split, index)?.cut(horizon);
        let opened = Opened {
            id: open.id.clone(),
            sessions: open.sittings.len() as u32,
            speakers: vec!["user".into(), "assistant".into()],
        };
        self.open = Some(open);
        Ok(opened)
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let view = self.view(index)?;
        Ok(SessionContent::Dialogue(Session {
            index,
            time: view.time.clone(),
            turns: view.turns.clone(),
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
        let turns = &self.view(index)?.turns;
        let open = self.opened()?;
        let mut random = Random::derived(seed, &[hash(&open.id), u64::from(index)]);
        demonstrators::hints(demonstrator, turns, &open.evidence(), &mut random)
    }
}

const FORMAT: Format = Format {
    component: "longmemeval",
    version: 1,
};

impl State for LongMemEval {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.open)
    }

    /// Drops loaded data, so that all instances that restore the same bytes are equal.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.open = FORMAT.load(bytes)?;
        self.library = Library::default();
        Ok(())
    }
}

memloom_sdk::export_environment!(LongMemEval);

#[cfg(test)]
mod tests;
