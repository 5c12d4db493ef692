//! Questions that are asked as tasks: an episode's dialogues, and between them tasks whose one action
//! is the answer. A policy can change its bank there, which it cannot where it is merely asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::types::{Error, Observation, Question, Score, Task};

/// The way in which an environment asks its questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// After the sessions.
    #[default]
    Questions,
    /// As tasks among the sessions.
    Tasks,
}

/// A session of a quiz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The dialogue with this number, counted from 1.
    Dialogue(u32),
    /// The task of this question, counted from 0.
    Task(usize),
}

/// The sessions of an episode with tasks, and what was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiz {
    parts: Vec<Part>,
    /// The state: the rest follows from the episode.
    pub course: Course,
}

/// The tasks that were read, and what was answered. Reading a session again begins it anew and undoes
/// what was answered from there on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The session that was read last; 0 before the first.
    present: u32,
    /// The answers by session.
    answers: BTreeMap<u32, String>,
}

impl Quiz {
    /// Returns a quiz of so many dialogues, where the questions are asked after the dialogues with
    /// these numbers, which must not fall. It is cut to `horizon` sessions; 0 means all.
    #[must_use]
    pub fn new(dialogues: u32, after: &[u32], horizon: u32) -> Self {
        let mut questions = after.iter().enumerate().peekable();
        let mut parts = Vec::new();
        for number in 1..=dialogues {
            parts.push(Part::Dialogue(number));
            while let Some((question, _)) = questions.next_if(|(_, after)| **after <= number) {
                parts.push(Part::Task(question));
            }
        }
        if horizon > 0 {
            parts.truncate(horizon as usize);
        }
        Self {
            parts,
            course: Course::default(),
        }
    }

    /// Returns the number of sessions.
    #[must_use]
    pub fn sessions(&self) -> u32 {
        self.parts.len() as u32
    }

    /// Returns a session, counted from 1; none if there is none.
    #[must_use]
    pub fn part(&self, session: u32) -> Option<Part> {
        let place = session.checked_sub(1)?;
        self.parts.get(place as usize).copied()
    }

    /// Returns the number of the last dialogue up to a session; 0 if there is none.
    #[must_use]
    pub fn dialogue_at(&self, session: u32) -> u32 {
        let until = self.parts.iter().take(session as usize);
        until
            .filter(|part| matches!(part, Part::Dialogue(_)))
            .count() as u32
    }

    /// Notes that a session is read.
    pub fn begin(&mut self, session: u32) {
        self.course.present = session;
        self.course.answers.split_off(&session);
    }

    /// Returns the question of the present task.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the session that was read last is no task, [`Error::Invalid`] if the
    /// task is over; `whose` is the environment's name.
    pub fn present(&self, whose: &str) -> Result<usize, Error> {
        let session = self.course.present;
        match self.part(session) {
            Some(Part::Task(_)) if self.course.answers.contains_key(&session) => {
                Err(Error::Invalid(format!(
                    "{whose}: the task of session {session} is over: read a session to go on"
                )))
            }
            Some(Part::Task(question)) => Ok(question),
            _ => Err(Error::Unsupported(format!(
                "{whose}: the session that was read last is no task"
            ))),
        }
    }

    /// Ends the present task by an answer. `score` is the answer's.
    pub fn end(&mut self, answer: &str, score: &Score) -> Observation {
        let session = self.course.present;
        self.course.answers.insert(session, answer.into());
        Observation {
            text: "Your answer is noted.".into(),
            done: true,
            reward: score.reward,
            actions: Vec::new(),
        }
    }

    /// Returns the task of a session. `question` is its question.
    #[must_use]
    pub fn task(session: u32, time: &str, question: &Question) -> Task {
        Task {
            index: session,
            time: time.into(),
            instruction: question.text.clone(),
            actions: Vec::new(),
            steps: 1,
        }
    }

    /// Returns the silent questions of all tasks. `asked` are their questions, whose sessions are
    /// numbers of dialogues.
    #[must_use]
    pub fn questions(&self, asked: &[Question]) -> Vec<Question> {
        let parts = (1..).zip(&self.parts);
        let session_of = |dialogue: u32| {
            let mut parts = (1..).zip(&self.parts);
            parts.find_map(|(session, part)| (*part == Part::Dialogue(dialogue)).then_some(session))
        };
        let silent = parts.filter_map(|(session, part)| {
            let Part::Task(question) = part else {
                return None;
            };
            let Question {
                category,
                sessions,
                evidence,
                ..
            } = asked.get(*question)?.clone();
            let told = sessions.into_iter().filter_map(session_of);
            Some(Question {
                id: question_id(session),
                text: String::new(),
                category,
                sessions: told.chain([session]).collect(),
                evidence,
            })
        });
        silent.collect()
    }

    /// Returns the question of a silent question's task, and the answer that was given, which is empty
    /// where none was.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such silent question.
    pub fn answered(&self, id: &str) -> Result<(usize, String), Error> {
        let parts = (1..).zip(&self.parts);
        for (session, part) in parts {
            if let Part::Task(question) = part
                && question_id(session) == id
            {
                let given = self.course.answers.get(&session);
                return Ok((*question, given.cloned().unwrap_or_default()));
            }
        }
        Err(Error::Unknown(format!(
            "the episode asks no question `{id}`"
        )))
    }

    /// Returns whether a course is one of this quiz.
    #[must_use]
    pub fn fits(&self, course: &Course) -> bool {
        let is_task = |session: &u32| matches!(self.part(*session), Some(Part::Task(_)));
        course.present <= self.sessions()
            && course.answers.keys().all(is_task)
            && course
                .answers
                .keys()
                .all(|session| *session <= course.present)
    }
}

fn question_id(session: u32) -> String {
    format!("task-{session}")
}

/// The share of a demonstrator's answers that are empty.
const MISSED: f64 = 0.2;

/// Returns a demonstrator's answer to a question with this right answer. `expert` and `everything` know
/// it, `nothing` does not, and `demonstrator` mostly does.
///
/// # Errors
/// [`Error::Unknown`] if there is no such demonstrator; `whose` is the environment's name.
pub fn advise(
    whose: &str,
    demonstrator: &str,
    gold: &str,
    random: &mut Random,
) -> Result<String, Error> {
    match demonstrator {
        "expert" | "everything" => Ok(gold.into()),
        "nothing" => Ok(String::new()),
        "demonstrator" if random.chance(MISSED) => Ok(String::new()),
        "demonstrator" => Ok(gold.into()),
        _ => Err(Error::Unknown(format!(
            "{whose} has no demonstrator `{demonstrator}`: \
             use everything, nothing, demonstrator or expert"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Part::{Dialogue, Task};

    fn question(text: &str, sessions: &[u32]) -> Question {
        Question {
            id: format!("of {text}"),
            text: text.into(),
            category: "single-hop".into(),
            sessions: sessions.into(),
            evidence: vec!["D1:1".into()],
        }
    }

    fn score(reward: f32) -> Score {
        Score {
            reward,
            metrics: Vec::new(),
        }
    }

    fn parts(quiz: &Quiz) -> Vec<Part> {
        let sessions = 1..=quiz.sessions();
        sessions.filter_map(|session| quiz.part(session)).collect()
    }

    #[test]
    fn questions_come_after_their_dialogue_and_a_longer_quiz_continues_a_shorter_one() {
        let quiz = Quiz::new(3, &[1, 1, 3], 0);
        let all = [
            Dialogue(1),
            Task(0),
            Task(1),
            Dialogue(2),
            Dialogue(3),
            Task(2),
        ];
        assert_eq!(parts(&quiz), all);
        for horizon in 1..=6 {
            let cut = Quiz::new(3, &[1, 1, 3], horizon as u32);
            assert_eq!(parts(&cut), all[..horizon]);
        }
        assert_eq!(
            (quiz.part(0), quiz.part(7), quiz.dialogue_at(4)),
            (None, None, 2)
        );
    }

    #[test]
    fn a_silent_question_shares_its_reward_with_the_sessions_of_its_dialogues() {
        let quiz = Quiz::new(2, &[1, 2], 0);
        let asked = [question("Who?", &[1]), question("When?", &[1, 2])];
        let silent = quiz.questions(&asked);
        let of = |place: usize| {
            (
                &*silent[place].id,
                &*silent[place].text,
                &*silent[place].sessions,
            )
        };
        assert_eq!(of(0), ("task-2", "", &[1, 2][..]));
        assert_eq!(of(1), ("task-4", "", &[1, 3, 4][..]));
        assert_eq!(silent[0].evidence, ["D1:1"]);
    }

    #[test]
    fn one_answer_ends_a_task_until_it_is_read_again() {
        let mut quiz = Quiz::new(2, &[1, 2], 0);
        let none = "diary: the session that was read last is no task";
        assert_eq!(quiz.present("diary"), Err(Error::Unsupported(none.into())));
        quiz.begin(2);
        assert_eq!(quiz.present("diary"), Ok(0));
        let seen = quiz.end("Rome", &score(0.5));
        assert_eq!((seen.done, seen.reward), (true, 0.5));
        let over = "diary: the task of session 2 is over: read a session to go on";
        assert_eq!(quiz.present("diary"), Err(Error::Invalid(over.into())));
        let given = |quiz: &Quiz| quiz.answered("task-2");
        assert_eq!(given(&quiz), Ok((0, "Rome".into())));
        quiz.begin(3);
        assert_eq!(quiz.present("diary"), Err(Error::Unsupported(none.into())));
        assert_eq!(given(&quiz), Ok((0, "Rome".into())));
        quiz.begin(2);
        assert_eq!(given(&quiz), Ok((0, String::new())));
        let unknown = "the episode asks no question `task-3`";
        assert_eq!(quiz.answered("task-3"), Err(Error::Unknown(unknown.into())));
    }

    #[test]
    fn only_courses_of_a_quiz_fit_it() {
        let mut quiz = Quiz::new(2, &[1, 2], 0);
        quiz.begin(4);
        quiz.end("Rome", &score(1.0));
        let course = quiz.course.clone();
        assert!(quiz.fits(&course));
        assert!(!Quiz::new(2, &[1, 2], 3).fits(&course));
        assert!(!Quiz::new(4, &[4], 0).fits(&course));
    }

    #[test]
    fn demonstrators_answer_as_they_are_named() {
        let mut random = Random::new(1);
        let mut all = |name| advise("diary", name, "Rome", &mut random);
        assert_eq!(all("expert"), Ok("Rome".into()));
        assert_eq!(all("everything"), Ok("Rome".into()));
        assert_eq!(all("nothing"), Ok(String::new()));
        let right = (0..1_000).filter(|_| all("demonstrator") == Ok("Rome".into()));
        assert!((750..850).contains(&right.count()));
        let why =
            "diary has no demonstrator `nobody`: use everything, nothing, demonstrator or expert";
        assert_eq!(all("nobody"), Err(Error::Unknown(why.into())));
    }
}
