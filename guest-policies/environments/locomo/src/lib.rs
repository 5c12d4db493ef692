//! `locomo`: the LoCoMo conversations (Maharana et al. 2024), long dialogues of two people
//! over months, with questions. The user provides the published file, and optionally an
//! audit's corrections of its answers.
//!
//! A snapshot contains the open episode with its text, so that an instance without files
//! can continue it; to open another episode there, `load` again.

use std::collections::BTreeSet;

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport, Split};
use memloom_sdk::random::Random;
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Question, Score, Session, SessionContent};

mod category;
mod conversation;
mod corrections;
mod demonstrators;
mod evidence;
mod excerpt;
mod options;
mod published;
mod qa;
mod scoring;

use category::Category;
use conversation::{Conversation, SessionView};
use excerpt::excerpt;
use options::{Options, SPLITS};
use published::Content;

/// The environment.
#[derive(Default)]
pub struct Locomo {
    /// The conversations of each split, in the order of [`SPLITS`].
    splits: [Vec<Conversation>; 3],
    /// The turns of each session of an excerpt; 0 for whole conversations.
    excerpt: usize,
    /// The open episode: a conversation, cut to the horizon.
    open: Option<Conversation>,
}

/// The seed of excerpts.
const EXCERPTS: u64 = 1;

impl Locomo {
    fn opened(&self) -> Result<&Conversation, Error> {
        self.open
            .as_ref()
            .ok_or_else(|| Error::Invalid("no episode of locomo is open: call `open` first".into()))
    }

    fn view(&self, index: u32) -> Result<&SessionView, Error> {
        let open = self.opened()?;
        index
            .checked_sub(1)
            .and_then(|index| open.sittings.get(index as usize))
            .ok_or_else(|| {
                let (id, sessions) = (&open.id, open.sittings.len());
                Error::Unknown(format!(
                    "{id} has no session {index}: it has 1 to {sessions}"
                ))
            })
    }
}

impl Environment for Locomo {
    fn describe(&self) -> Description {
        Description {
            name: "locomo".into(),
            summary: "LoCoMo: long conversations of two people, with questions about them.".into(),
            categories: Category::ALL.map(|category| category.name().into()).into(),
            lexicon: Vec::new(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let options = Options::parse(options)?;
        let categories = options.categories()?;
        let (mut published, mut corrections) = (Vec::new(), Vec::new());
        for file in &files {
            match published::read(file)? {
                Content::Conversations(more) => published.extend(more),
                Content::Corrections(more) => corrections.extend(more),
            }
        }
        if published.is_empty() {
            return Err(Error::Invalid(
                "locomo needs its data: name the published file, such as locomo10.json".into(),
            ));
        }
        let mut ids = BTreeSet::new();
        if let Some(twice) = published.iter().find(|one| !ids.insert(&one.sample_id)) {
            return Err(Error::Invalid(format!(
                "locomo's files have {} twice",
                twice.sample_id
            )));
        }
        if options.corrections == Some(true) && corrections.is_empty() {
            return Err(Error::Invalid(
                "locomo's options ask for corrections, but no file has any".into(),
            ));
        }
        let mut warnings = Vec::new();
        if options.corrections != Some(false) {
            corrections::apply(corrections, &mut published, &mut warnings);
        }
        let loaded: Vec<&str> = published.iter().map(|one| one.sample_id.as_str()).collect();
        let mut splits: [Vec<Conversation>; 3] = Default::default();
        for (split, ids) in splits.iter_mut().zip(options.splits(&loaded)?) {
            for id in ids {
                let Some(at) = published.iter().position(|one| one.sample_id == id) else {
                    continue;
                };
                let one = published.swap_remove(at);
                split.push(Conversation::new(one, &categories, &mut warnings)?);
            }
        }
        self.splits = splits;
        self.excerpt = options.excerpt;
        self.open = None;
        let splits = SPLITS
            .iter()
            .zip(&self.splits)
            .map(|(&name, conversations)| Split {
                name: name.into(),
                episodes: match options.excerpt {
                    0 => Some(conversations.len() as u64),
                    // Excerpts of a split are without end, if it has a conversation.
                    _ => conversations.is_empty().then_some(0),
                },
            });
        Ok(LoadReport {
            splits: splits.collect(),
            warnings,
        })
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let at = SPLITS
            .iter()
            .position(|&name| name == split)
            .ok_or_else(|| {
                Error::Unknown(format!(
                    "locomo has no split `{split}`: use train, validation or held-out"
                ))
            })?;
        let conversations = &self.splits[at];
        let count = conversations.len() as u64;
        let place = match self.excerpt {
            0 => index,
            _ => index.checked_rem(count).unwrap_or(0),
        };
        let conversation = usize::try_from(place).ok();
        let conversation = conversation.and_then(|place| conversations.get(place));
        let conversation = conversation.ok_or_else(|| {
            Error::Unknown(format!(
                "locomo's split `{split}` has {count} episodes and none of index {index}"
            ))
        })?;
        let open = match self.excerpt {
            0 => conversation.cut(horizon),
            turns => {
                let id = format!("{}/{index}", conversation.id);
                let mut random = Random::derived(EXCERPTS, &[at as u64, index]);
                excerpt(conversation, id, turns, horizon, &mut random)
            }
        };
        let open = self.open.insert(open);
        Ok(Episode {
            id: open.id.clone(),
            sessions: open.sittings.len() as u32,
            speakers: open.speakers.clone(),
        })
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
        let asked = &self.opened()?.asked;
        Ok(asked.iter().map(|asked| asked.question.clone()).collect())
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        open.asked
            .iter()
            .find(|asked| asked.question.id == question)
            .map(|asked| scoring::score(asked, answer))
            .ok_or_else(|| Error::Unknown(format!("{} asks no question `{question}`", open.id)))
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let turns = &self.view(index)?.turns;
        let open = self.opened()?;
        let path: Vec<u64> = open
            .id
            .bytes()
            .map(u64::from)
            .chain([u64::from(index)])
            .collect();
        let mut random = Random::derived(seed, &path);
        demonstrators::hints(demonstrator, turns, &open.evidence(), &mut random)
    }
}

const FORMAT: Format = Format {
    component: "locomo",
    version: 1,
};

impl State for Locomo {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.open)
    }

    /// Drops loaded data, so that all instances that restore the same bytes are equal.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.open = FORMAT.load(bytes)?;
        self.splits = Default::default();
        self.excerpt = 0;
        Ok(())
    }
}

memloom_sdk::export_environment!(Locomo);

#[cfg(test)]
mod tests;
