//! The open episode: its texts, and what was done in their tasks.

use std::collections::BTreeMap;

use memloom_sdk::text::sentences;
use memloom_sdk::types::{
    Answer, DemonstratedOperation, Error, Hint, Observation, Question, Score, Session,
    SessionContent, Task, Turn,
};
use serde::{Deserialize, Serialize};

use crate::command;
use crate::demonstrators::Demonstrator;
use crate::notes;
use crate::options::{Asked, Options};
use crate::scoring::{judge, score};
use crate::seed::{self, Place};
use crate::text::{Category, Text};
use crate::visit::Visit;

/// The speaker of texts that are dialogues.
pub const SPEAKER: &str = "Narrator";

/// The open episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// The place among all episodes.
    pub place: Place,
    /// The texts, one for each session.
    pub texts: Vec<Text>,
    /// The courses of the tasks that were read, by session. The last is the present one.
    visits: BTreeMap<u32, Visit>,
}

impl Open {
    /// Returns an episode in which nothing was read.
    #[must_use]
    pub fn new(place: Place, texts: Vec<Text>) -> Self {
        Self {
            place,
            texts,
            visits: BTreeMap::new(),
        }
    }

    fn text(&self, session: u32) -> Result<&Text, Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        place
            .and_then(|place| self.texts.get(place))
            .ok_or_else(|| {
                let sessions = self.texts.len();
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
        let text = self.text(index)?;
        let time = format!("day {index}");
        if options.question == Asked::Last {
            let turn = |(number, section): (usize, &String)| Turn {
                id: turn_id(index, number),
                speaker: SPEAKER.into(),
                text: section.clone(),
            };
            let turns = (1..).zip(&text.sections).map(turn).collect();
            return Ok(SessionContent::Dialogue(Session { index, time, turns }));
        }
        let task = Task {
            index,
            time,
            instruction: instruction(text),
            actions: Vec::new(),
            steps: text.steps(),
        };
        self.visits.split_off(&index);
        self.visits.insert(index, Visit::default());
        Ok(SessionContent::Task(task))
    }

    /// Returns the present task: its session, text and course.
    fn present(&self, options: &Options) -> Result<(u32, &Text, Visit), Error> {
        if options.question == Asked::Last {
            return Err(Error::Unsupported(
                "scroll: sessions are dialogues where the question comes last: act only in tasks"
                    .into(),
            ));
        }
        let Some((&session, visit)) = self.visits.last_key_value() else {
            return Err(Error::Invalid(
                "scroll: no task was read yet: call `get-session` first".into(),
            ));
        };
        if visit.over {
            return Err(Error::Invalid(format!(
                "scroll: the task of session {session} is over: read a session to go on"
            )));
        }
        Ok((session, self.text(session)?, *visit))
    }

    /// Acts in the present task.
    ///
    /// # Errors
    /// If there is none, or it is over.
    pub fn act(&mut self, action: &str, options: &Options) -> Result<Observation, Error> {
        let (session, text, mut visit) = self.present(options)?;
        let seen = visit.act(text, options, action);
        self.visits.insert(session, visit);
        let worth = score(options.metric, visit.outcome, visit.acts);
        Ok(Observation {
            text: seen,
            done: visit.over,
            reward: worth.reward,
            actions: Vec::new(),
        })
    }

    /// Returns a demonstrator's next action, with its notes on what was read.
    ///
    /// # Errors
    /// If there is no task, or it is over.
    pub fn advise(
        &self,
        demonstrator: Demonstrator,
        seed: u64,
        options: &Options,
    ) -> Result<String, Error> {
        let (session, text, visit) = self.present(options)?;
        let read = text.sections[..visit.read as usize].iter();
        let read: Vec<&str> = read.flat_map(|section| sentences(section)).collect();
        let needed = notes::needed(&text.problem, &read);
        let choice = |number| seed::demonstration(seed, self.place, session, number);
        let mut kept = Vec::new();
        for (number, (sentence, needed)) in (1..).zip(read.iter().zip(needed)) {
            if demonstrator.keeps(needed, &mut choice(number)) {
                kept.push(*sentence);
            }
        }
        if (visit.read as usize) < text.sections.len() {
            return Ok(command::next(&kept));
        }
        // No notes give the answer to every question of a file: yes and no are not in its text.
        let is_told = text.problem.category == Category::File && demonstrator.knows_files();
        let told = text.problem.answers.first().filter(|_| is_told);
        let known = notes::answer(&text.problem, &kept).or_else(|| told.cloned());
        let guess = choice(0).pick(notes::guesses(&text.problem)).copied();
        let answer = known.unwrap_or_else(|| guess.unwrap_or("unknown").into());
        Ok(command::answer(&kept, &answer))
    }

    /// Returns all questions.
    #[must_use]
    pub fn questions(&self, options: &Options) -> Vec<Question> {
        let question = |(session, text): (u32, &Text)| {
            let (asked, evidence) = match options.question {
                Asked::First => (String::new(), Vec::new()),
                Asked::Last => (text.problem.question.clone(), evidence(session, text)),
            };
            Question {
                id: question_id(session, options),
                text: asked,
                category: text.problem.category.name().into(),
                sessions: vec![session],
                evidence,
            }
        };
        (1..).zip(&self.texts).map(question).collect()
    }

    /// Scores an answer: what a task came to, or whether an answer in words is right.
    ///
    /// # Errors
    /// `unknown` if there is no such question.
    pub fn score(&self, id: &str, answer: &Answer, options: &Options) -> Result<Score, Error> {
        let mut texts = (1..).zip(&self.texts);
        let found = texts.find(|(session, _)| question_id(*session, options) == id);
        let (session, text) =
            found.ok_or_else(|| Error::Unknown(format!("the episode asks no question `{id}`")))?;
        let visit = self.visits.get(&session).copied().unwrap_or_default();
        let outcome = match options.question {
            Asked::First => visit.outcome,
            Asked::Last => judge(&answer.text, &text.problem.answers, options.tail),
        };
        Ok(score(options.metric, outcome, visit.acts))
    }

    /// Returns a demonstrator's hints: the sections of a dialogue that it keeps.
    ///
    /// # Errors
    /// `unknown` if there is no such session.
    pub fn hints(
        &self,
        demonstrator: Demonstrator,
        session: u32,
        seed: u64,
        options: &Options,
    ) -> Result<Vec<Hint>, Error> {
        let text = self.text(session)?;
        if options.question == Asked::First {
            return Ok(Vec::new());
        }
        let mut hints = Vec::new();
        for (number, needed) in (1..).zip(needed_sections(text)) {
            let mut random = seed::demonstration(seed, self.place, session, number as u64);
            if demonstrator.keeps(needed, &mut random) {
                hints.push(Hint {
                    turn: turn_id(session, number),
                    operation: DemonstratedOperation::Insert,
                });
            }
        }
        Ok(hints)
    }

    /// Checks what a snapshot held.
    ///
    /// # Errors
    /// `invalid` if no episode leaves it.
    pub fn check(&self) -> Result<(), Error> {
        let is_whole = |text: &Text| !text.sections.is_empty() && !text.problem.answers.is_empty();
        let fits = |(session, visit): (&u32, &Visit)| {
            self.text(*session).is_ok_and(|text| visit.fits(text))
        };
        match self.texts.iter().all(is_whole) && self.visits.iter().all(fits) {
            true => Ok(()),
            false => Err(Error::Invalid("scroll: the snapshot is damaged".into())),
        }
    }
}

/// Returns the instruction: the question in the first line, how to act in the second.
fn instruction(text: &Text) -> String {
    let count = text.sections.len();
    format!(
        "{}\nThe answer is in a text of {count} sections. Say `next` for the next section, and \
         `answer: ...` at the end.",
        text.problem.question
    )
}

/// Returns for each section whether it has a sentence that matters.
fn needed_sections(text: &Text) -> Vec<bool> {
    let split: Vec<Vec<&str>> = text
        .sections
        .iter()
        .map(|section| sentences(section).collect())
        .collect();
    let mut needed = notes::needed(&text.problem, &split.concat()).into_iter();
    let of_section = |section: &Vec<&str>| {
        let needed: Vec<bool> = needed.by_ref().take(section.len()).collect();
        needed.contains(&true)
    };
    split.iter().map(of_section).collect()
}

fn evidence(session: u32, text: &Text) -> Vec<String> {
    let numbered = (1..).zip(needed_sections(text));
    let needed = numbered.filter(|(_, needed)| *needed);
    needed.map(|(number, _)| turn_id(session, number)).collect()
}

fn turn_id(session: u32, section: usize) -> String {
    format!("D{session}:{section}")
}

fn question_id(session: u32, options: &Options) -> String {
    match options.question {
        Asked::First => format!("task-{session}"),
        Asked::Last => format!("question-{session}"),
    }
}
