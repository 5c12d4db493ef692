//! `sums`: streams of sums that are worked out step by step. Problems are made up, chains of
//! arithmetic in a closed language, or are the user's, in the formats of GSM8K and MAWPS.
//!
//! Every session is a task with one action: what stands after its last `answer:` counts. Made-up
//! episodes are unlimited and seeded, and the splits share no problem. Every task has a silent
//! question, which says what the task came to.

use memloom_sdk::environment::{DataFile, Description, Environment, Episode, LoadReport};
use memloom_sdk::generated::{self, Split};
use memloom_sdk::random::Random;
use memloom_sdk::state::{Format, State};
use memloom_sdk::types::{Answer, Error, Hint, Observation, Question, Score, SessionContent, Task};
use serde::{Deserialize, Serialize};

pub mod chain;
pub mod codes;
pub mod course;
pub mod demonstrators;
pub mod files;
pub mod language;
pub mod number;
pub mod options;
pub mod problem;
pub mod scoring;
pub mod stream;

use course::Course;
use demonstrators::Demonstrator;
use files::Library;
use language::NUMBERS;
use options::{Actions, Options};
use problem::{Problem, said};
use scoring::Outcome;

/// The environment.
#[derive(Default)]
pub struct Sums {
    options: Options,
    /// The user's problems; none if problems are made up.
    library: Option<Library>,
    open: Option<Open>,
}

/// The open episode.
#[derive(Serialize, Deserialize)]
struct Open {
    split: Split,
    index: u64,
    /// The task of each session, cut to the horizon.
    tasks: Vec<Problem>,
    format_weight: f32,
    /// True if tasks list the ten answers.
    listed: bool,
    course: Course,
}

impl Open {
    fn task(&self, session: u32) -> Result<&Problem, Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        place
            .and_then(|place| self.tasks.get(place))
            .ok_or_else(|| {
                let sessions = self.tasks.len();
                Error::Unknown(format!(
                    "the episode has no session {session}: it has 1 to {sessions}"
                ))
            })
    }

    /// Returns the present session and its task.
    fn present(&self) -> Result<(u32, &Problem), Error> {
        let session = self.course.present()?;
        Ok((session, self.task(session)?))
    }
}

impl Sums {
    fn opened(&self) -> Result<&Open, Error> {
        self.open.as_ref().ok_or_else(unopened)
    }

    fn tasks(&self, split: Split, index: u64) -> Result<Vec<Problem>, Error> {
        let Some(library) = &self.library else {
            return Ok(stream::made_up(&self.options, split, index));
        };
        let tasks = library.tasks(split as usize, index, self.options.tasks);
        tasks.ok_or_else(|| {
            Error::Unknown(format!(
                "sums's split `{}` has {} episodes and none of index {index}",
                split.name(),
                library.episodes(split as usize, self.options.tasks)
            ))
        })
    }
}

fn unopened() -> Error {
    Error::Invalid("no episode of sums is open: call `open` first".into())
}

fn question_id(session: u32) -> String {
    format!("task-{session}")
}

/// Returns what is seen after an action.
fn reply(outcome: Outcome, problem: &Problem) -> String {
    let verdict = match outcome {
        Outcome { right: true, .. } => "right",
        Outcome { format: true, .. } => "wrong",
        _ => "no answer",
    };
    format!("That is {verdict}. The answer is {}.", problem.answer)
}

impl Environment for Sums {
    fn describe(&self) -> Description {
        Description {
            name: "sums".into(),
            summary: "Streams of sums to work out step by step, made up or the user's.".into(),
            categories: problem::CATEGORIES.map(String::from).into(),
            lexicon: match self.library {
                Some(_) => Vec::new(),
                None => language::lexicon(self.options.codes > 0),
            },
        }
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        let options = Options::parse(options)?;
        let library = match files.is_empty() && options.held_out.is_empty() {
            true => None,
            false => Some(Library::read(&files, &options)?),
        };
        let of_made_up = options.codes > 0 || options.actions == Actions::Listed;
        if library.is_some() && of_made_up {
            return Err(Error::Invalid(
                "sums's `codes` and `actions` are about made-up problems: leave them out, or the files"
                    .into(),
            ));
        }
        let mut report = generated::load("sums", &[])?;
        if let Some(library) = &library {
            for (number, split) in report.splits.iter_mut().enumerate() {
                split.episodes = Some(library.episodes(number, options.tasks));
            }
        }
        *self = Self {
            options,
            library,
            open: None,
        };
        Ok(report)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        let known = Split::parse("sums", split)?;
        let mut tasks = self.tasks(known, index)?;
        stream::put_in_order(&mut tasks, self.options.order, known, index);
        stream::explain(&mut tasks);
        if horizon > 0 {
            tasks.truncate(horizon as usize);
        }
        let episode = Episode {
            id: format!("{split}/{index}"),
            sessions: tasks.len() as u32,
            speakers: Vec::new(),
        };
        self.open = Some(Open {
            split: known,
            index,
            tasks,
            format_weight: self.options.format_weight,
            listed: self.options.actions == Actions::Listed,
            course: Course::default(),
        });
        Ok(episode)
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let instruction = open.task(index)?.instruction.clone();
        open.course.begin(index);
        let answers = (0..NUMBERS).map(|number| said(&number.to_string()));
        Ok(SessionContent::Task(Task {
            index,
            time: format!("Day {index}"),
            instruction,
            actions: answers.filter(|_| open.listed).collect(),
            steps: 1,
        }))
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        let open = self.open.as_mut().ok_or_else(unopened)?;
        let (_, problem) = open.present()?;
        let outcome = problem.outcome(action);
        let text = reply(outcome, problem);
        open.course.end(outcome);
        Ok(Observation {
            text,
            done: true,
            reward: outcome.reward(open.format_weight),
            actions: Vec::new(),
        })
    }

    fn advise(&self, demonstrator: &str, seed: u64) -> Result<String, Error> {
        let demonstrator = Demonstrator::parse(demonstrator)?;
        let open = self.opened()?;
        let (session, problem) = open.present()?;
        let path = [3, open.split as u64, open.index, u64::from(session)];
        let mut random = Random::derived(seed, &path);
        Ok(demonstrator.action(problem, !open.listed, &mut random))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let tasks = &self.opened()?.tasks;
        let question = |(place, problem): (usize, &Problem)| {
            let session = place as u32 + 1;
            let told = stream::told_at(tasks, place).map(|told| told as u32 + 1);
            Question {
                id: question_id(session),
                text: String::new(),
                category: problem.category().into(),
                sessions: told.into_iter().chain([session]).collect(),
                evidence: Vec::new(),
            }
        };
        Ok(tasks.iter().enumerate().map(question).collect())
    }

    fn score(&self, question: &str, _answer: &Answer) -> Result<Score, Error> {
        let open = self.opened()?;
        let mut sessions = 1..=open.tasks.len() as u32;
        let session = sessions
            .find(|&session| question_id(session) == question)
            .ok_or_else(|| Error::Unknown(format!("the episode asks no question `{question}`")))?;
        Ok(scoring::score(
            open.course.outcome(session),
            open.format_weight,
        ))
    }

    /// Returns no hints: there are no dialogues.
    fn demonstrate(&self, demonstrator: &str, index: u32, _seed: u64) -> Result<Vec<Hint>, Error> {
        Demonstrator::parse(demonstrator)?;
        self.opened()?.task(index)?;
        Ok(Vec::new())
    }
}

const FORMAT: Format = Format {
    component: "sums",
    version: 2,
};

/// A snapshot holds the open episode with its problems, so that it goes on without files.
impl State for Sums {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.open)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let open: Option<Open> = FORMAT.load(bytes)?;
        let fits = |open: &Open| {
            (0.0..=1.0).contains(&open.format_weight) && open.course.fits(open.tasks.len() as u32)
        };
        if !open.as_ref().is_none_or(fits) {
            return Err(Error::Invalid("sums: the snapshot is damaged".into()));
        }
        self.open = open;
        Ok(())
    }
}

memloom_sdk::export_environment!(Sums);

#[cfg(test)]
mod tests;
