//! `chronicle`: people talk about their lives over many sessions. They move, change
//! jobs, correct themselves, cancel trips, wish for other lives, and make small talk.
//! Questions ask for the final facts.
//!
//! Episodes are unlimited and seeded: an episode is a function of the options, the split
//! and its index, and a longer horizon continues a shorter one. The language is
//! closed (see [`kind::lexicon`] and [`sentences`]), the splits share no names. With the option
//! `ask = "tasks"` a question about the dialogues so far follows each of them, as a task with one
//! action, the answer.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::quiz::{self, Ask, Course, Part, Quiz};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{
    Answer, Error, Hint, Observation, Question, Score, Session, SessionContent, Turn,
};
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
pub mod tasks;
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
    /// The sessions; without tasks they are the dialogues.
    quiz: Quiz,
}

impl Open {
    fn new(options: &Options, address: Address) -> Self {
        let mut story = life::live(options, &address);
        let (asked, quiz) = match options.ask {
            Ask::Questions => {
                let mut random = seed::questions(options.seed, &address);
                let dialogues = Quiz::new(address.sessions, &[], 0);
                (questions::ask(&story, &mut random), dialogues)
            }
            Ask::Tasks => tasks::plan(options, &address, &mut story),
        };
        Self {
            address,
            story,
            asked,
            quiz,
        }
    }

    /// Returns the turns of a dialogue, counted from 1.
    fn turns(&self, dialogue: u32) -> Vec<Turn> {
        let lines = &self.story.sittings[dialogue as usize - 1].lines;
        let turns = lines.iter().map(|line| Turn {
            id: line.id.clone(),
            speaker: self.story.people[line.speaker].into(),
            text: line.text.clone(),
        });
        turns.collect()
    }

    /// Returns the time of a session: that of its dialogue, or of the one before its task.
    fn time(&self, session: u32) -> &str {
        let number = self.quiz.dialogue_at(session) as usize;
        &self.story.sittings[number - 1].time
    }

    fn part(&self, session: u32) -> Result<Part, Error> {
        let sessions = self.address.sessions;
        self.quiz.part(session).ok_or_else(|| {
            Error::Unknown(format!(
                "the episode has no session {session}: it has 1 to {sessions}"
            ))
        })
    }
}

impl Chronicle {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of chronicle is open: call `open` first".into())
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
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let part = open.part(index)?;
        if self.options.ask == Ask::Tasks {
            open.quiz.begin(index);
        }
        let time = open.time(index);
        Ok(match part {
            Part::Dialogue(number) => SessionContent::Dialogue(Session {
                index,
                time: time.into(),
                turns: open.turns(number),
            }),
            Part::Task(place) => {
                SessionContent::Task(Quiz::task(index, time, &open.asked[place].question))
            }
        })
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let gold = &open.asked[open.quiz.present("chronicle")?].gold;
        Ok(open.quiz.end(action, &scoring::score(action, gold)))
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let open = self.opened()?;
        let place = open.quiz.present("chronicle")?;
        let mut random = seed::task(seed, &open.address, place as u32);
        quiz::advise(
            "chronicle",
            demonstrator,
            &open.asked[place].gold,
            &mut random,
        )
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let open = self.opened()?;
        let asked = open.asked.iter().map(|asked| asked.question.clone());
        let asked: Vec<Question> = asked.collect();
        Ok(match self.options.ask {
            Ask::Questions => asked,
            Ask::Tasks => open.quiz.questions(&asked),
        })
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        if self.options.ask == Ask::Tasks {
            let (place, given) = open.quiz.answered(question)?;
            return Ok(scoring::score(&given, &open.asked[place].gold));
        }
        open.asked
            .iter()
            .find(|asked| asked.question.id == question)
            .map(|asked| scoring::score(&answer.text, &asked.gold))
            .ok_or_else(|| Error::Unknown(format!("the episode asks no question `{question}`")))
    }

    /// Returns the hints for a dialogue; for a task there are none.
    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let open = self.opened()?;
        let part = open.part(index)?;
        let demonstrator = Demonstrator::parse(demonstrator)?;
        Ok(match part {
            Part::Dialogue(number) => {
                let mut random = seed::demonstration(seed, &open.address, number);
                demonstrator.hints(&open.story, number, &mut random)
            }
            Part::Task(_) => Vec::new(),
        })
    }
}

const FORMAT: Format = Format {
    component: "chronicle",
    version: 2,
};

/// The complete input of an episode's generation, and what was answered in tasks.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    open: Option<(Address, Course)>,
}

impl State for Chronicle {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&Saved {
            options: self.options.clone(),
            open: self
                .open
                .as_ref()
                .map(|open| (open.address, open.quiz.course.clone())),
        })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved { options, open } = FORMAT.load(bytes)?;
        options.check()?;
        self.open = match open {
            Some((address, course)) => {
                options.horizon(address.sessions)?;
                let mut open = Open::new(&options, address);
                if !open.quiz.fits(&course) {
                    let why = "chronicle: the snapshot has answers to tasks that there are not";
                    return Err(Error::Invalid(why.into()));
                }
                open.quiz.course = course;
                Some(open)
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
