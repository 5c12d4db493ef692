//! The open episode: its tasks, and the moves in those that were read.

use std::collections::BTreeMap;

use memloom_sdk::generated::{Address, Split};
use memloom_sdk::types::{Error, Observation, Question, Score, SessionContent, Task};

use crate::course::{CHECK, Course, Move, possible};
use crate::demonstrators::{Advice, Demonstrator};
use crate::ground::Ground;
use crate::options::{Feedback, Options};
use crate::problem::Problem;
use crate::scoring::score;
use crate::stream;

/// The moves in each task that was read, by session. The last is the present one.
pub type Moves = BTreeMap<u32, Vec<Move>>;

/// The open episode.
pub struct Open {
    /// The identity of the episode, with the number of its tasks.
    pub address: Address,
    /// The moves so far.
    pub moves: Moves,
    /// The task of each session, cut to the horizon.
    tasks: Vec<Problem>,
}

/// The present task.
struct Present {
    session: u32,
    ground: Ground,
    course: Course,
}

impl Open {
    /// Returns an episode in which nothing was done; a horizon of 0 means all its tasks.
    #[must_use]
    pub fn new(options: &Options, split: Split, index: u64, horizon: u32) -> Self {
        let mut tasks = stream::made_up(options, split, index);
        if horizon > 0 {
            tasks.truncate(horizon as usize);
        }
        let address = Address {
            split,
            index,
            sessions: tasks.len() as u32,
        };
        Self {
            address,
            moves: Moves::new(),
            tasks,
        }
    }

    /// Returns the episode in which these moves were made.
    ///
    /// # Errors
    /// `invalid` if no episode leaves them.
    pub fn resumed(options: &Options, address: Address, moves: Moves) -> Result<Self, Error> {
        let mut open = Self::new(options, address.split, address.index, address.sessions);
        let is_possible = |(session, moves): (&u32, &Vec<Move>)| {
            let Ok(problem) = open.problem(*session) else {
                return false;
            };
            let ground = problem.ground();
            let exists = |made: &Move| match made {
                Move::Act(number) => usize::from(*number) < ground.acts.len(),
                Move::Check | Move::Unknown => true,
            };
            let before = moves.split_last().map_or(&[][..], |(_, before)| before);
            moves.iter().all(exists)
                && moves.len() <= options.steps as usize
                && !Course::after(&ground, before).is_complete(&ground)
        };
        if open.address != address || !moves.iter().all(is_possible) {
            return Err(Error::Invalid("blocks: the snapshot is damaged".into()));
        }
        open.moves = moves;
        Ok(open)
    }

    fn problem(&self, session: u32) -> Result<&Problem, Error> {
        let place = session.checked_sub(1).map(|place| place as usize);
        let problem = place.and_then(|place| self.tasks.get(place));
        problem.ok_or_else(|| {
            let sessions = self.tasks.len();
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
        let problem = self.problem(index)?;
        let ground = problem.ground();
        let task = Task {
            index,
            time: format!("day {index}"),
            instruction: instruction(problem, &ground, options),
            actions: listed(&ground, &Course::after(&ground, &[]), options),
            steps: options.steps,
        };
        self.moves.split_off(&index);
        self.moves.insert(index, Vec::new());
        Ok(SessionContent::Task(task))
    }

    fn present(&self, options: &Options) -> Result<Present, Error> {
        let Some((&session, moves)) = self.moves.last_key_value() else {
            return Err(Error::Invalid(
                "blocks: no task was read yet: call `get-session` first".into(),
            ));
        };
        let ground = self.problem(session)?.ground();
        let course = Course::after(&ground, moves);
        if is_over(&ground, &course, options) {
            return Err(Error::Invalid(format!(
                "blocks: the task of session {session} is over: read a session to go on"
            )));
        }
        Ok(Present {
            session,
            ground,
            course,
        })
    }

    /// Acts in the present task.
    ///
    /// # Errors
    /// If there is none, or it is over.
    pub fn act(&mut self, action: &str, options: &Options) -> Result<Observation, Error> {
        let Present {
            session,
            ground,
            mut course,
        } = self.present(options)?;
        let made = Move::parse(&ground, action);
        let before = course.progress(&ground);
        let mut text = course.make(&ground, made);
        self.moves.entry(session).or_default().push(made);
        let done = is_over(&ground, &course, options);
        if done {
            text.push_str(match course.is_complete(&ground) {
                true => " the task is done.",
                false => " the task is over.",
            });
        }
        Ok(Observation {
            text,
            done,
            reward: course.progress(&ground) - before,
            actions: match done {
                true => Vec::new(),
                false => listed(&ground, &course, options),
            },
        })
    }

    /// Returns a demonstrator's next action, after the goal that it serves if the options ask for
    /// it.
    ///
    /// # Errors
    /// If there is no task, or it is over.
    pub fn advise(
        &self,
        demonstrator: Demonstrator,
        seed: u64,
        options: &Options,
    ) -> Result<String, Error> {
        let Present {
            session,
            ground,
            course,
        } = self.present(options)?;
        let Address { split, index, .. } = self.address;
        let mut random = stream::demonstration(seed, split, index, session, course.moves);
        let Advice { subgoal, action } = demonstrator.advice(&ground, course.state, &mut random);
        let subgoal = subgoal.filter(|_| options.subgoals);
        Ok(match subgoal {
            Some(subgoal) => format!("{subgoal}\n{action}"),
            None => action,
        })
    }

    /// Returns a silent question about each task.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let question = |(session, problem): (u32, &Problem)| Question {
            id: question_id(session),
            text: String::new(),
            category: problem.category().into(),
            sessions: vec![session],
            evidence: Vec::new(),
        };
        (1..).zip(&self.tasks).map(question).collect()
    }

    /// Returns what a task came to.
    ///
    /// # Errors
    /// `unknown` if there is no such question.
    pub fn score(&self, id: &str) -> Result<Score, Error> {
        let mut tasks = (1..).zip(&self.tasks);
        let found = tasks.find(|(session, _)| question_id(*session) == id);
        let (session, problem) =
            found.ok_or_else(|| Error::Unknown(format!("the episode asks no question `{id}`")))?;
        let ground = problem.ground();
        let moves = self.moves.get(&session).map_or(&[][..], Vec::as_slice);
        Ok(score(&ground, &Course::after(&ground, moves)))
    }

    /// Checks that there is a session of this number.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn exists(&self, session: u32) -> Result<(), Error> {
        self.problem(session).map(drop)
    }
}

fn question_id(session: u32) -> String {
    format!("task-{session}")
}

fn is_over(ground: &Ground, course: &Course, options: &Options) -> bool {
    course.is_complete(ground) || course.moves >= options.steps
}

/// Returns the actions that are listed.
fn listed(ground: &Ground, course: &Course, options: &Options) -> Vec<String> {
    match options.feedback {
        Feedback::Observation => Vec::new(),
        Feedback::ValidActions => possible(ground, course.state),
    }
}

/// Returns the instruction: the goal in the first line, the start in the second, and how to act in
/// the third, where no actions are listed.
fn instruction(problem: &Problem, ground: &Ground, options: &Options) -> String {
    let lines = format!(
        "{}\n{}",
        ground.told(ground.goal),
        ground.told(ground.start)
    );
    match options.feedback {
        Feedback::ValidActions => lines,
        Feedback::Observation => {
            let forms: Vec<&str> = problem.forms().collect();
            format!(
                "{lines}\nMake all of the first line true. You can say: {}; {CHECK}. A capital \
                 letter stands for a name. You have {} steps.",
                forms.join("; "),
                options.steps
            )
        }
    }
}
