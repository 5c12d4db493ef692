//! `locomo`: the LoCoMo conversations (Maharana et al. 2024), long dialogues of two people
//! over months, with questions. The user provides the published file, and optionally an
//! audit's corrections of its answers.
//!
//! A snapshot contains the open episode with its text, so that an instance without files
//! can continue it; to open another episode there, `load` again. With the option `ask = "tasks"` each
//! question follows the dialogue that completes its evidence, as a task with one action, the answer.

use std::collections::BTreeSet;

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport, Split};
use memloom_sdk::quiz::{self, Ask, Course, Part, Quiz};
use memloom_sdk::random::Random;
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{
    Answer, Error, Hint, Observation, Question, Score, Session, SessionContent,
};

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
mod tasks;

use category::Category;
use conversation::Conversation;
use excerpt::excerpt;
use options::{Options, SPLITS};
use published::Content;
use tasks::Open;

/// The environment.
#[derive(Default)]
pub struct Locomo {
    /// The conversations of each split, in the order of [`SPLITS`].
    splits: [Vec<Conversation>; 3],
    /// The turns of each session of an excerpt; 0 for whole conversations.
    excerpt: usize,
    /// The way in which questions are asked.
    ask: Ask,
    open: Option<Open>,
}

/// The seed of excerpts.
const EXCERPTS: u64 = 1;

impl Locomo {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }

    /// Returns the stream of a demonstrator in a session.
    fn stream(open: &Open, session: u32, seed: u64) -> Random {
        let id = open.conversation.id.bytes().map(u64::from);
        let path: Vec<u64> = id.chain([u64::from(session)]).collect();
        Random::derived(seed, &path)
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of locomo is open: call `open` first".into())
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
        self.ask = options.ask;
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
        // Tasks are cut with the dialogues before them.
        let dialogues = match self.ask {
            Ask::Questions => horizon,
            Ask::Tasks => 0,
        };
        let cut = match self.excerpt {
            0 => conversation.cut(dialogues),
            turns => {
                let id = format!("{}/{index}", conversation.id);
                let mut random = Random::derived(EXCERPTS, &[at as u64, index]);
                excerpt(conversation, id, turns, dialogues, &mut random)
            }
        };
        let open = self.open.insert(match self.ask {
            Ask::Questions => Open::of_dialogues(cut),
            Ask::Tasks => Open::with_tasks(cut, horizon),
        });
        Ok(Episode {
            id: open.conversation.id.clone(),
            sessions: open.quiz.sessions(),
            speakers: open.conversation.speakers.clone(),
        })
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let part = open.part(index)?;
        if open.has_tasks {
            open.quiz.begin(index);
        }
        Ok(match part {
            Part::Dialogue(number) => {
                let view = open.view(number);
                SessionContent::Dialogue(Session {
                    index,
                    time: view.time.clone(),
                    turns: view.turns.clone(),
                })
            }
            Part::Task(place) => {
                let question = &open.conversation.asked[place].question;
                SessionContent::Task(Quiz::task(index, open.time(index), question))
            }
        })
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let asked = &open.conversation.asked[open.quiz.present("locomo")?];
        let score = scoring::uncited(asked, action);
        Ok(open.quiz.end(action, &score))
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let open = self.opened()?;
        let place = open.quiz.present("locomo")?;
        let mut random = Self::stream(open, place as u32, seed);
        let gold = &open.conversation.asked[place].gold;
        quiz::advise("locomo", demonstrator, gold, &mut random)
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let open = self.opened()?;
        let asked = open.conversation.asked.iter();
        let asked: Vec<Question> = asked.map(|asked| asked.question.clone()).collect();
        Ok(match open.has_tasks {
            true => open.quiz.questions(&asked),
            false => asked,
        })
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        let asked = &open.conversation.asked;
        if open.has_tasks {
            let (place, given) = open.quiz.answered(question)?;
            return Ok(scoring::uncited(&asked[place], &given));
        }
        asked
            .iter()
            .find(|asked| asked.question.id == question)
            .map(|asked| scoring::score(asked, answer))
            .ok_or_else(|| {
                let id = &open.conversation.id;
                Error::Unknown(format!("{id} asks no question `{question}`"))
            })
    }

    /// Returns the hints for a dialogue; for a task there are none.
    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let open = self.opened()?;
        let turns = match open.part(index)? {
            Part::Dialogue(number) => &*open.view(number).turns,
            Part::Task(_) => &[],
        };
        let mut random = Self::stream(open, index, seed);
        demonstrators::hints(
            demonstrator,
            turns,
            &open.conversation.evidence(),
            &mut random,
        )
    }
}

const FORMAT: Format = Format {
    component: "locomo",
    version: 2,
};

impl State for Locomo {
    fn snapshot(&self) -> Vec<u8> {
        let saved = self.open.as_ref().map(|open| {
            let course = open.has_tasks.then_some(&open.quiz.course);
            (&open.conversation, course)
        });
        FORMAT.save(&saved)
    }

    /// Keeps the loaded data, which is no part of the state.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let saved: Option<(Conversation, Option<Course>)> = FORMAT.load(bytes)?;
        let open = saved.map(|(conversation, course)| Open::restored(conversation, course));
        self.open = open.transpose()?;
        Ok(())
    }
}

memloom_sdk::export_environment!(Locomo);

#[cfg(test)]
mod tests;
