//! `counsel`: a stream of tasks for an agent that must find out what it does not know, and
//! whom to believe. In mode `questions` it searches an archive and pays advisers, in mode
//! `shop` it ranks items for people whose taste it was told, in mode `puzzle` it makes 24 of
//! four numbers.
//!
//! Episodes are unlimited and seeded: an episode is a function of the options, the split and
//! its index, and a longer horizon continues a shorter one. Every task has a silent question,
//! which says what the task came to. The splits share no names and no puzzles.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Address, Split};
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{
    Answer, DemonstratedOperation, Error, Hint, Observation, Question, Score, Session,
    SessionContent, Task, Turn,
};
use serde::{Deserialize, Serialize};

pub mod demonstrators;
pub mod generation;
pub mod journal;
pub mod options;
mod play;
pub mod puzzle;
pub mod questions;
pub mod scoring;
pub mod seed;
pub mod shop;
pub mod stream;
pub mod visit;

use demonstrators::Demonstrator;
use journal::Journal;
use options::{Actions, Options};
use stream::{Line, Sitting, Stream};
use visit::Visit;

/// The environment.
#[derive(Default)]
pub struct Counsel {
    options: Options,
    open: Option<Open>,
}

/// The open episode.
struct Open {
    address: Address,
    stream: Stream,
    journal: Journal,
}

impl Open {
    fn new(options: &Options, address: Address, journal: Journal) -> Self {
        Self {
            stream: generation::generate(options, &address),
            address,
            journal,
        }
    }

    fn sitting(&self, session: u32) -> Result<&Sitting, Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        place
            .and_then(|place| self.stream.sittings.get(place))
            .ok_or_else(|| {
                let sessions = self.address.sessions;
                Error::Unknown(format!(
                    "the episode has no session {session}: it has 1 to {sessions}"
                ))
            })
    }
}

impl Counsel {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }
}

/// Returns the actions that a task lists.
fn listed(options: &Options, task: &dyn stream::Task, visit: &Visit) -> Vec<String> {
    match options.actions {
        Actions::Listed if !visit.over => task.choices(visit),
        _ => Vec::new(),
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of counsel is open: call `open` first".into())
}

fn turn_id(session: u32, turn: usize) -> String {
    format!("D{session}:{}", turn + 1)
}

fn question_id(session: u32) -> String {
    format!("task-{session}")
}

impl Environment for Counsel {
    fn describe(&self) -> Description {
        let categories = questions::task::CATEGORIES.into_iter();
        let others = [shop::ranking::CATEGORY, puzzle::game::CATEGORY];
        Description {
            name: "counsel".into(),
            summary: "Generated tasks for an agent that asks around: questions with priced \
                      advisers, a shop, and puzzles."
                .into(),
            categories: categories.chain(others).map(String::from).collect(),
            lexicon: Vec::new(),
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let report = generated::load("counsel", &files)?;
        self.options = Options::parse(options)?;
        self.open = None;
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let address = Address {
            split: Split::parse("counsel", split)?,
            index,
            sessions: self.options.horizon(horizon)?,
        };
        let open = Open::new(&self.options, address, Journal::default());
        let episode = Episode {
            id: format!("{split}/{index}"),
            sessions: address.sessions,
            speakers: open.stream.speakers.clone(),
        };
        self.open = Some(open);
        Ok(episode)
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        open.sitting(index)?;
        let sitting = &open.stream.sittings[index as usize - 1];
        open.journal.begin(index, sitting);
        let time = format!("Day {index}");
        Ok(match sitting {
            Sitting::Talk(lines) => SessionContent::Dialogue(Session {
                index,
                time,
                turns: turns(index, lines),
            }),
            Sitting::Task(task) => SessionContent::Task(Task {
                index,
                time,
                instruction: task.instruction(),
                actions: listed(&self.options, task.as_ref(), &task.begin()),
                steps: task.steps(),
            }),
        })
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.opened()?;
        let (_, task, visit) = open.journal.present(&open.stream)?;
        let mut visit = visit.clone();
        let (text, reward) = visit.act(task, action);
        let observation = Observation {
            text,
            done: visit.over,
            reward,
            actions: listed(&self.options, task, &visit),
        };
        if let Some(open) = &mut self.open {
            open.journal.update(visit);
        }
        Ok(observation)
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        let open = self.opened()?;
        let (session, task, visit) = open.journal.present(&open.stream)?;
        let mut random = seed::demonstration(seed, &open.address, session, visit.acts);
        if demonstrator.strays(&mut random) {
            let choices = task.choices(visit);
            return Ok(random.pick(&choices).cloned().unwrap_or_default());
        }
        let memories = match demonstrator.remembers() {
            true => open.journal.memories(session, &open.stream),
            false => Vec::new(),
        };
        Ok(task.advise(&memories, visit, &mut random))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let tasks = self.opened()?.stream.tasks();
        let question = |(session, task): (u32, &dyn stream::Task)| Question {
            id: question_id(session),
            text: String::new(),
            category: task.category().into(),
            sessions: [task.sessions(), &[session]].concat(),
            evidence: Vec::new(),
        };
        Ok(tasks.map(question).collect())
    }

    fn score(&self, question: &str, _answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        let mut tasks = open.stream.tasks();
        let (session, _) = tasks
            .find(|(session, _)| question_id(*session) == question)
            .ok_or_else(|| Error::Unknown(format!("the episode asks no question `{question}`")))?;
        let nothing = Visit::default();
        let visit = open.journal.visit(session).unwrap_or(&nothing);
        let costs = open.journal.costs(session, &open.stream);
        Ok(scoring::score(&self.options, visit, &costs))
    }

    fn demonstrate(&self, demonstrator: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        let open = self.opened()?;
        let sitting = open.sitting(index)?;
        let demonstrator = Demonstrator::parse(demonstrator)?;
        let Sitting::Talk(lines) = sitting else {
            return Ok(Vec::new());
        };
        let mut random = seed::demonstration(seed, &open.address, index, 0);
        let turns = lines.iter().enumerate();
        let kept = turns.filter(|(_, line)| demonstrator.keeps(line, &mut random));
        let kept = kept.map(|(turn, _)| Hint {
            turn: turn_id(index, turn),
            operation: DemonstratedOperation::Insert,
        });
        Ok(kept.collect())
    }
}

fn turns(session: u32, lines: &[Line]) -> Vec<Turn> {
    let turn = |(turn, line): (usize, &Line)| Turn {
        id: turn_id(session, turn),
        speaker: line.speaker.clone(),
        text: line.text.clone(),
    };
    lines.iter().enumerate().map(turn).collect()
}

const FORMAT: Format = Format {
    component: "counsel",
    version: 2,
};

/// The complete input of an episode, and what was done in it.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    open: Option<(Address, Journal)>,
}

impl State for Counsel {
    fn snapshot(&self) -> Vec<u8> {
        let open = self.open.as_ref();
        FORMAT.save(&Saved {
            options: self.options.clone(),
            open: open.map(|open| (open.address, open.journal.clone())),
        })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Saved { options, open } = FORMAT.load(bytes)?;
        options.check()?;
        self.open = match open {
            Some((address, journal)) => {
                options.horizon(address.sessions)?;
                journal.check(address.sessions)?;
                Some(Open::new(&options, address, journal))
            }
            None => None,
        };
        self.options = options;
        Ok(())
    }
}

memloom_sdk::export_environment!(Counsel);

#[cfg(test)]
mod tests;
