//! The open episode: its documents and questions, and what was done in its tasks.

use std::collections::BTreeMap;

use memloom_sdk::types::{Error, Observation, Question, Score, SessionContent, Task};
use serde::{Deserialize, Serialize};

use crate::corpus::{Corpus, Document};
use crate::demonstrators::Demonstrator;
use crate::listing;
use crate::options::{Actions, Options};
use crate::problem::{Category, Problem};
use crate::scoring::{paid, score};
use crate::seed::{self, Place};
use crate::view::View;
use crate::visit::Visit;

/// The open episode.
#[derive(Serialize, Deserialize)]
pub struct Open {
    /// The place among all episodes.
    place: Place,
    /// The documents.
    corpus: Corpus,
    /// The questions of each session.
    tasks: Vec<Vec<Problem>>,
    /// The courses of the tasks that were read, by session. The last is the present one.
    visits: BTreeMap<u32, Visit>,
}

/// The present task.
struct Present<'a> {
    session: u32,
    problems: &'a [Problem],
    visit: &'a Visit,
}

impl Open {
    /// Returns an episode in which nothing was done.
    pub fn new(place: Place, documents: Vec<Document>, tasks: Vec<Vec<Problem>>) -> Self {
        Self {
            place,
            corpus: documents.into(),
            tasks,
            visits: BTreeMap::new(),
        }
    }

    /// Returns the number of sessions.
    pub fn sessions(&self) -> u32 {
        self.tasks.len() as u32
    }

    fn problems(&self, session: u32) -> Result<&[Problem], Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        let problems = place.and_then(|place| self.tasks.get(place));
        problems.map(Vec::as_slice).ok_or_else(|| {
            let sessions = self.sessions();
            Error::Unknown(format!(
                "the episode has no session {session}: it has 1 to {sessions}"
            ))
        })
    }

    /// Returns a session. Reading a task again begins it anew, and undoes all later ones.
    ///
    /// # Errors
    /// `unknown` if there is no such session.
    pub fn session(&mut self, index: u32, options: &Options) -> Result<SessionContent, Error> {
        let instruction = instruction(self.problems(index)?, options);
        self.visits.split_off(&index);
        self.visits.insert(index, Visit::default());
        Ok(SessionContent::Task(Task {
            index,
            time: format!("day {index}"),
            instruction,
            actions: self.actions(options)?,
            steps: options.turns,
        }))
    }

    /// Returns the present task.
    fn present(&self) -> Result<Present<'_>, Error> {
        let Some((&session, visit)) = self.visits.last_key_value() else {
            return Err(Error::Invalid(
                "quest: no task was read yet: call `get-session` first".into(),
            ));
        };
        if visit.over {
            return Err(Error::Invalid(format!(
                "quest: the task of session {session} is over: read a session to go on"
            )));
        }
        Ok(Present {
            session,
            problems: self.problems(session)?,
            visit,
        })
    }

    fn view<'a>(&'a self, present: &Present<'a>, options: &Options) -> View<'a> {
        let Present {
            problems, visit, ..
        } = present;
        let seen = visit
            .seen
            .iter()
            .filter_map(|number| self.corpus.document(*number));
        let left = options.turns - visit.acts;
        View::new(problems, seen.collect(), visit.acts, left)
    }

    /// Returns the actions that the present task lists.
    fn actions(&self, options: &Options) -> Result<Vec<String>, Error> {
        match options.actions {
            Actions::Open => Ok(Vec::new()),
            Actions::Listed => Ok(listing::actions(&self.view(&self.present()?, options))),
        }
    }

    /// Acts in the present task.
    ///
    /// # Errors
    /// If there is none, or it is over.
    pub fn act(&mut self, action: &str, options: &Options) -> Result<Observation, Error> {
        let present = self.present()?;
        let (session, questions) = (present.session, present.problems.len());
        let mut visit = present.visit.clone();
        let text = visit.act(&self.corpus, present.problems, options, action);
        let (done, outcome) = (visit.over, visit.outcome);
        self.visits.insert(session, visit);
        Ok(Observation {
            text,
            done,
            reward: if done {
                paid(options, outcome, questions)
            } else {
                0.0
            },
            actions: if done {
                Vec::new()
            } else {
                self.actions(options)?
            },
        })
    }

    /// Returns a demonstrator's next action, after its notes if the options ask for them.
    ///
    /// # Errors
    /// If there is no task, or it is over.
    pub fn advise(
        &self,
        demonstrator: Demonstrator,
        seed: u64,
        options: &Options,
    ) -> Result<String, Error> {
        let present = self.present()?;
        let view = self.view(&present, options);
        let mut random = seed::demonstration(seed, self.place, present.session, view.acts);
        let action = demonstrator.action(&view, &mut random);
        let notes = demonstrator.notes(&view);
        let lines = notes.into_iter().filter(|_| options.notes);
        Ok(lines.chain([&*action]).collect::<Vec<_>>().join("\n"))
    }

    /// Returns a silent question about each task.
    pub fn questions(&self) -> Vec<Question> {
        let question = |(session, problems): (u32, &Vec<Problem>)| Question {
            id: format!("task-{session}"),
            text: String::new(),
            category: Category::of(problems).name().into(),
            sessions: vec![session],
            evidence: Vec::new(),
        };
        (1..).zip(&self.tasks).map(question).collect()
    }

    /// Returns what a task came to.
    ///
    /// # Errors
    /// `unknown` if there is no such question.
    pub fn score(&self, id: &str, options: &Options) -> Result<Score, Error> {
        let mut tasks = (1..).zip(&self.tasks);
        let found = tasks.find(|(session, _)| format!("task-{session}") == id);
        let (session, problems) =
            found.ok_or_else(|| Error::Unknown(format!("the episode asks no question `{id}`")))?;
        let visit = self.visits.get(&session).cloned().unwrap_or_default();
        Ok(score(options, visit.outcome, problems.len(), visit.acts))
    }

    /// Checks that there is a session of this number.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn exists(&self, session: u32) -> Result<(), Error> {
        self.problems(session).map(drop)
    }

    /// Checks what a snapshot held.
    ///
    /// # Errors
    /// `invalid` if no episode leaves it.
    pub fn check(&self, options: &Options) -> Result<(), Error> {
        let most = options.objectives as usize;
        let is_whole = |problems: &Vec<Problem>| {
            let are_answered = problems.iter().all(|problem| !problem.answers.is_empty());
            (1..=most).contains(&problems.len()) && are_answered
        };
        let fits = |(session, visit): (&u32, &Visit)| {
            self.problems(*session).is_ok() && visit.fits(&self.corpus, options)
        };
        match self.tasks.iter().all(is_whole) && self.visits.iter().all(fits) {
            true => Ok(()),
            false => Err(Error::Invalid("quest: the snapshot is damaged".into())),
        }
    }
}

/// Returns the instruction: the questions in the first line, how to act in the second.
fn instruction(problems: &[Problem], options: &Options) -> String {
    let questions: Vec<&str> = problems.iter().map(|problem| &*problem.question).collect();
    let order = match problems.len() {
        1 => "",
        _ => ", one answer for each question in order, with `;` between them",
    };
    format!(
        "{}\nSay `search: ...` to see documents, and `answer: ...` at the end{order}. You have {} \
         turns.",
        questions.join("; "),
        options.turns
    )
}
