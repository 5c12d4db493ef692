//! The open episode: its plan, and the tasks that were started.

use memloom_sdk::types::{Error, Observation, Score, Task};

use crate::options::Options;
use crate::plan::Plan;
use crate::sitting::Sitting;
use crate::task::Setting;
use memloom_sdk::generated::Address;

/// The open episode.
pub struct Open {
    /// Its identity.
    pub address: Address,
    /// The plan.
    pub plan: Plan,
    /// The tasks that were started, by session. The last is the one that was read last.
    pub sittings: Vec<Option<Sitting>>,
}

impl Open {
    /// Returns an episode in which no task was started.
    #[must_use]
    pub fn new(options: &Options, address: Address) -> Self {
        Self {
            address,
            plan: Plan::new(options, address),
            sittings: Vec::new(),
        }
    }

    /// Returns an episode in which tasks were started.
    ///
    /// # Errors
    /// `invalid` if it has fewer sessions.
    pub fn restored(
        options: &Options,
        address: Address,
        sittings: Vec<Option<Sitting>>,
    ) -> Result<Self, Error> {
        if sittings.len() > address.sessions as usize {
            return Err(Error::Invalid("office: the snapshot is damaged".into()));
        }
        Ok(Self {
            sittings,
            ..Self::new(options, address)
        })
    }

    /// Checks that there is a session.
    ///
    /// # Errors
    /// `unknown` with the sessions that there are.
    pub fn check(&self, session: u32) -> Result<(), Error> {
        let sessions = self.address.sessions;
        if (1..=sessions).contains(&session) {
            return Ok(());
        }
        Err(Error::Unknown(format!(
            "the episode has no session {session}: it has 1 to {sessions}"
        )))
    }

    /// Starts a task, and forgets what was done in it and in all later ones.
    ///
    /// # Errors
    /// `unknown` if there is no such session.
    pub fn start(&mut self, session: u32) -> Result<Task, Error> {
        self.check(session)?;
        self.sittings.resize(session as usize - 1, None);
        let setting = self.plan.setting(session);
        let task = setting.task;
        let before = self.lived(session - 1);
        let world = before.map_or(&task.before, |before| &before.server.world);
        let memory = (1..session)
            .rev()
            .find_map(|earlier| Some(self.lived(earlier)?.knowledge(earlier)));
        let sitting = Sitting::start(setting, world.clone(), memory.unwrap_or_default());
        let actions = sitting.actions(setting);
        self.sittings.push(Some(sitting));
        Ok(Task {
            index: session,
            time: setting.background.today(session).text(),
            instruction: Sitting::instruction(setting),
            actions,
            steps: task.steps,
        })
    }

    /// Returns a task, if an act was taken in it.
    fn lived(&self, session: u32) -> Option<&Sitting> {
        let place = (session as usize).checked_sub(1)?;
        let sitting = self.sittings.get(place)?.as_ref();
        sitting.filter(|sitting| sitting.acts > 0)
    }

    /// Returns the task that was read last.
    ///
    /// # Errors
    /// `unsupported` if there is none, `invalid` if it is over.
    pub fn current(&self) -> Result<(Setting<'_>, &Sitting), Error> {
        let session = self.sittings.len() as u32;
        match self.sittings.last() {
            Some(Some(sitting)) if !sitting.done => Ok((self.plan.setting(session), sitting)),
            Some(Some(_)) => Err(Error::Invalid(format!(
                "task {session} is over: read the next session"
            ))),
            _ => Err(no_task()),
        }
    }

    /// Acts in the task that was read last.
    ///
    /// # Errors
    /// As [`Open::current`].
    pub fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.current()?;
        let setting = self.plan.setting(self.sittings.len() as u32);
        match self.sittings.last_mut() {
            Some(Some(sitting)) => Ok(sitting.act(setting, action)),
            _ => Err(no_task()),
        }
    }

    /// Scores a task as it stands; 0 if no act was taken in it. The session must exist.
    #[must_use]
    pub fn score(&self, session: u32) -> Score {
        let success = |session: &u32| self.lived(*session).map_or(0.0, Sitting::reward) == 1.0;
        let whole = self.plan.setting(session).task.scenario.iter().all(success);
        let lived = self.lived(session);
        let of_lived = |value: fn(&Sitting) -> f32| lived.map_or(0.0, value);
        let reward = of_lived(Sitting::reward);
        let metrics = [
            ("success", f32::from(success(&session))),
            ("acts", of_lived(|sitting| sitting.acts as f32)),
            ("return", of_lived(Sitting::last_reward)),
            ("scenario", f32::from(whole)),
            ("errors", of_lived(|sitting| sitting.errors as f32)),
            ("potential", of_lived(Sitting::potential)),
        ];
        Score {
            reward,
            metrics: metrics.map(|(name, value)| (name.into(), value)).into(),
        }
    }
}

fn no_task() -> Error {
    Error::Unsupported("no task was started: read a session first".into())
}
