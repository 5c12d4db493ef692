//! The open episode: its script, and the sessions that were lived.

use std::ops::Deref;

use memloom_sdk::types::{Error, Observation, Session, SessionContent, Task as TaskSession, Turn};

use crate::act::Act;
use crate::building;
use crate::demonstrators::Demonstrator;
use crate::house::House;
use crate::lived::Lived;
use crate::names::Names;
use crate::options::{Form, Options};
use crate::report::{Report, turn_id};
use crate::script::{self, Script};
use crate::seed;
use crate::session::{Content, Session as ScriptSession};
use crate::world::World;
use memloom_sdk::generated::Address;

/// The acts in each session that was begun, with the session's number.
pub type Acts = Vec<(u32, Vec<Act>)>;

/// The open episode.
pub struct Open {
    /// Its identity.
    pub address: Address,
    /// Its house.
    pub house: House,
    /// The sessions that were begun, in order.
    pub lived: Vec<Lived>,
    /// Its script.
    pub script: Script,
}

impl Open {
    /// Opens an episode, of which nothing was lived.
    #[must_use]
    pub fn new(options: &Options, address: Address) -> Self {
        let mut random = seed::house(options.seed, &address);
        let house = building::build(options, address.split, &mut random);
        let script = script::write(options, &address, &house);
        Self {
            address,
            house,
            lived: Vec::new(),
            script,
        }
    }

    /// Opens an episode in which this was done.
    ///
    /// # Errors
    /// `invalid` if it cannot have been done.
    pub fn resumed(options: &Options, address: Address, done: Acts) -> Result<Self, Error> {
        let mut open = Self::new(options, address);
        for (session, acts) in done {
            let before = open.lived.last().map(|before| before.session);
            if before >= Some(session) {
                return Err(damaged());
            }
            open.begin(session, options).map_err(|_| damaged())?;
            for act in acts {
                if !act.fits(&open.house) {
                    return Err(damaged());
                }
                open.act(act, Form::Open).map_err(|_| damaged())?;
            }
        }
        Ok(open)
    }

    /// Returns a session of the script.
    ///
    /// # Errors
    /// `unknown` if the episode has no such session.
    pub fn scripted(&self, session: u32) -> Result<&ScriptSession, Error> {
        let sessions = self.address.sessions;
        let index = session.checked_sub(1).map(|index| index as usize);
        index
            .and_then(|index| self.script.sessions.get(index))
            .ok_or_else(|| {
                Error::Unknown(format!(
                    "the episode has no session {session}: it has 1 to {sessions}"
                ))
            })
    }

    /// Begins a session from the state in which the one before was left, or would have been left
    /// by the expert, and returns its content. Forgets all that was lived from this session on.
    ///
    /// # Errors
    /// `unknown` if the episode has no such session.
    pub fn begin(&mut self, session: u32, options: &Options) -> Result<SessionContent, Error> {
        let scripted = self.scripted(session)?;
        let earlier = self
            .lived
            .iter()
            .take_while(|lived| lived.session < session);
        let before = earlier.last();
        let world = match before {
            Some(before) if before.session + 1 == session => before.world.clone(),
            _ => self.scripted_world(session),
        };
        let mind = before.map(|before| &before.mind);
        let lived = Lived::begin(&self.house, scripted, options.budget, world, mind);
        let content = self.content(scripted, &lived, options.actions);
        self.lived.retain(|lived| lived.session < session);
        self.lived.push(lived);
        Ok(content)
    }

    fn content(&self, scripted: &ScriptSession, lived: &Lived, form: Form) -> SessionContent {
        let index = scripted.number;
        let time = format!("day {index}");
        match &scripted.content {
            Content::Report(report) => SessionContent::Dialogue(Session {
                index,
                time,
                turns: self.turns(index, report),
            }),
            Content::Task(task) => SessionContent::Task(TaskSession {
                index,
                time,
                instruction: task.instruction(&self.house, form),
                actions: listed(&self.house, lived, form),
                steps: lived.steps,
            }),
        }
    }

    fn scripted_world(&self, session: u32) -> World {
        let before = (session as usize).checked_sub(2);
        let world = before.and_then(|before| self.script.ends.get(before));
        world.cloned().unwrap_or_else(|| World::new(&self.house))
    }

    /// Returns the acts in each session that was begun.
    #[must_use]
    pub fn acts(&self) -> Acts {
        let lived = self.lived.iter();
        lived
            .map(|lived| (lived.session, lived.acts.clone()))
            .collect()
    }

    /// Returns the turns of a report; the inhabitants take turns.
    fn turns(&self, session: u32, report: &Report) -> Vec<Turn> {
        let speakers = self.address.split.inhabitants().iter().cycle();
        (1..)
            .zip(&report.turns)
            .zip(speakers)
            .map(|((number, told), speaker)| Turn {
                id: turn_id(session, number),
                speaker: (*speaker).into(),
                text: told.text(&self.house),
            })
            .collect()
    }

    /// Acts in the task that was begun last.
    ///
    /// # Errors
    /// `unsupported` in a dialogue, `invalid` if no task was begun or it is over.
    pub fn act(&mut self, act: Act, form: Form) -> Result<Observation, Error> {
        let lived = to_do(self.lived.last_mut())?;
        let seen = lived.act(&self.house, act);
        Ok(Observation {
            text: seen.text,
            done: lived.over,
            reward: seen.reward,
            actions: listed(&self.house, lived, form),
        })
    }

    /// Returns the words of a demonstrator's next action.
    ///
    /// # Errors
    /// `unsupported` in a dialogue, `invalid` if no task was begun or it is over.
    pub fn advise(&self, demonstrator: Demonstrator, seed: u64) -> Result<String, Error> {
        let lived = to_do(self.lived.last())?;
        let acts = lived.acts.len();
        let mut random = seed::demonstration(seed, &self.address, lived.session, acts);
        let act = demonstrator.act(&self.house, lived, &mut random);
        Ok(act.text(&self.house))
    }
}

/// Returns the session that was begun last, if it is a task in which there is something to do.
fn to_do<L: Deref<Target = Lived>>(lived: Option<L>) -> Result<L, Error> {
    let Some(lived) = lived else {
        return Err(Error::Unsupported(
            "no session of house was read: read a task first".into(),
        ));
    };
    let session = lived.session;
    match (&lived.goal, lived.over) {
        (None, _) => Err(Error::Unsupported(format!(
            "session {session} of house is a dialogue: act in a task"
        ))),
        (Some(_), true) => Err(Error::Invalid(format!(
            "the task of session {session} of house is over: read the next session"
        ))),
        (Some(_), false) => Ok(lived),
    }
}

fn listed(house: &House, lived: &Lived, form: Form) -> Vec<String> {
    let acts = match form {
        Form::Listed => lived.possible(house),
        Form::Open => Vec::new(),
    };
    acts.iter().map(|act| act.text(house)).collect()
}

fn damaged() -> Error {
    Error::Invalid("house: the snapshot tells of acts that are not possible".into())
}
