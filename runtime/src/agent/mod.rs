//! A policy with its bank and a model: what serves people, and what lives through
//! episodes.

pub(crate) mod episode;
pub(crate) mod meter;
pub(crate) mod worker;

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::bindings::policy::Guest;
use crate::agent::episode::EpisodeParts;
use crate::error::Error;
use crate::instance::Instance;
use crate::instance::log::LogLine;
use crate::store::memory::Memory;
use crate::agent::meter::Meter;
use crate::model::{Embedder, LanguageModel};
use crate::host::{Activity, Surroundings};
use crate::types::{Answer, Entry, Hint, Moment, Report, Session, SessionContent, Stats, Turn};

/// An agent in service: a policy, its bank and a model, without an environment.
/// It observes the sessions that its user has, and answers questions from what it
/// has kept of them. The components are those that were trained in an
/// [`Episode`](crate::Episode).
///
/// There are no tasks to act in here: where the policy tries to, it is told that
/// this is unsupported.
///
/// Every function fails where a component refuses, traps, runs into a limit or
/// returns what the contract rules out, and where the model fails and the policy
/// does not cope. The error names the component and the function. What a failed
/// session has changed until then stays; so keep the [`Memory`] of before, drop
/// the agent after an error, and [`Agent::resume`].
///
/// Can be sent to another thread, but not shared among threads; [`Worker`] gives
/// it a thread of its own, for callers that must not block.
///
/// [`Worker`]: crate::Worker
///
/// ```
/// use memloom_runtime::types::Turn;
/// use memloom_runtime::{Agent, EpisodeParts, Limits, Sandbox, ScriptedModel};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let parts = EpisodeParts {
///     bank: sandbox.bank("../target/components/flat.wasm")?,
///     policy: sandbox.policy("../target/components/selector.wasm")?,
///     policy_options: "{}".into(),
///     lexicon: vec![],
/// };
/// // What a language model would say of these turns, as extractor and as manager.
/// let model = ScriptedModel::new(["t1 keep t2 drop", "f1 insert"]);
///
/// let mut agent = Agent::start(&parts, Box::new(model))?;
/// let turn = |id: &str, speaker: &str, text: &str| Turn {
///     id: id.into(),
///     speaker: speaker.into(),
///     text: text.into(),
/// };
/// let turns = vec![
///     turn("m1", "Ada", "I have moved to Lisbon."),
///     turn("m2", "Ben", "Nice weather there."),
/// ];
/// let report = agent.observe("3 May 2026", turns)?;
/// assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 0));
///
/// let answer = agent.answer("Where has Ada moved to?")?;
/// assert_eq!(answer.text, "I have moved to Lisbon.");
/// assert_eq!(answer.citations, ["m1"]);
/// # Ok(())
/// # }
/// ```
pub struct Agent {
    parts: EpisodeParts,
    policy: Instance<Guest>,
    /// The index of the session that it observed last.
    session: u32,
    spent: Duration,
}

impl Agent {
    /// An agent that knows nothing yet.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] where the policy refuses its options.
    pub fn start(parts: &EpisodeParts, model: Box<dyn LanguageModel>) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let bank = parts.bank.instantiate()?;
        Self::amid(parts, Surroundings::new(bank, None, model), started)
    }

    /// An agent with the memory of another one. The policy is configured as
    /// `parts` says before its state is restored.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] where a component refuses its state.
    ///
    /// ```
    /// # use memloom_runtime::{EpisodeParts, Limits, Sandbox, ScriptedModel};
    /// use memloom_runtime::{Agent, types::Turn};
    ///
    /// # fn main() -> Result<(), memloom_runtime::Error> {
    /// # let sandbox = Sandbox::new(Limits::default())?;
    /// # let parts = EpisodeParts {
    /// #     bank: sandbox.bank("../target/components/flat.wasm")?,
    /// #     policy: sandbox.policy("../target/components/selector.wasm")?,
    /// #     policy_options: "{}".into(),
    /// #     lexicon: vec![],
    /// # };
    /// # let model = |says: &[&str]| Box::new(ScriptedModel::new(says.iter().copied()));
    /// let mut agent = Agent::start(&parts, model(&["t1 keep", "f1 insert"]))?;
    /// let turn = Turn {
    ///     id: "m1".into(),
    ///     speaker: "Ada".into(),
    ///     text: "I have moved to Lisbon.".into(),
    /// };
    /// agent.observe("3 May 2026", vec![turn])?;
    /// let memory = agent.memory()?;
    ///
    /// let mut other = Agent::resume(&parts, &memory, model(&[]))?;
    /// assert_eq!(other.sessions(), 1);
    /// assert_eq!(other.entries()?, agent.entries()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(
        parts: &EpisodeParts,
        memory: &Memory,
        model: Box<dyn LanguageModel>,
    ) -> Result<Self, Error> {
        let mut agent = Self::start(parts, model)?;
        agent.restore(memory)?;
        Ok(agent)
    }

    /// Work on it was begun at `started`.
    pub(crate) fn amid(
        parts: &EpisodeParts,
        surroundings: Surroundings,
        started: ThreadTime,
    ) -> Result<Self, Error> {
        let mut policy = Instance::new(&parts.policy.0, Some(surroundings))?;
        parts.configure(&mut policy)?;
        Ok(Self::of(parts, policy, started))
    }

    /// Of a policy that is ready.
    pub(crate) fn of(parts: &EpisodeParts, policy: Instance<Guest>, started: ThreadTime) -> Self {
        Self {
            parts: parts.clone(),
            policy,
            session: 0,
            spent: started.elapsed(),
        }
    }

    /// Grants the policy an embedder. By default there is none.
    pub fn set_embedder(&mut self, embedder: Arc<dyn Embedder>) {
        self.surroundings().embedder = Some(embedder);
    }

    /// Has the policy observe a session, the next after [`Agent::sessions`], and
    /// ends it in the bank. `time` says when it takes place, in any words. The
    /// turns' ids are the user's own, for instance of messages in a database, and
    /// come back as citations; none should come twice in the agent's life.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn observe(&mut self, time: &str, turns: Vec<Turn>) -> Result<Report, Error> {
        let session = SessionContent::Dialogue(Session {
            index: self.session.saturating_add(1),
            time: time.to_owned(),
            turns,
        });
        self.timed(|agent| agent.attend(&session, None))
    }

    /// Has the policy answer a question. Meanwhile the bank refuses operations as
    /// unsupported: what is asked does not change what is remembered.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn answer(&mut self, question: &str) -> Result<Answer, Error> {
        self.timed(|agent| agent.reply(question, question))
    }

    /// Sessions that it has observed.
    pub fn sessions(&self) -> u32 {
        self.session
    }

    /// All entries of the bank in order of insertion.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        self.timed(|agent| agent.surroundings().bank.entries())
    }

    /// The bank's sizes.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.timed(|agent| agent.surroundings().bank.stats())
    }

    /// All that it will be, by its sessions so far: the states of bank and policy.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn memory(&mut self) -> Result<Memory, Error> {
        self.timed(|agent| {
            let policy = agent.policy.snapshot()?;
            let bank = agent.surroundings().bank.snapshot()?;
            Ok(Memory::new(agent.session, bank, policy))
        })
    }

    /// Puts bank and policy into the state of a memory.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] where a component refuses its state: the
    /// other may have its by then, so restore another or drop the agent.
    pub fn restore(&mut self, memory: &Memory) -> Result<(), Error> {
        self.timed(|agent| {
            agent.policy.restore(memory.policy())?;
            agent.surroundings().bank.restore(memory.bank())?;
            agent.session = memory.sessions();
            Ok(())
        })
    }

    /// What the agent cost since it started.
    pub fn meter(&mut self) -> Meter {
        let spent = self.spent;
        let around = self.surroundings();
        Meter {
            guests: spent.saturating_sub(around.model_cpu),
            model: around.model_time,
            host_calls: around.host_calls,
            generate_calls: around.generate_calls,
        }
    }

    /// Log lines of policy and bank, in this order, that were written since the
    /// last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        let mut lines = self.policy.tenant().log.take();
        lines.extend(self.surroundings().bank.take_log());
        lines
    }

    pub(crate) fn parts(&self) -> &EpisodeParts {
        &self.parts
    }

    pub(crate) fn policy(&mut self) -> &mut Instance<Guest> {
        &mut self.policy
    }

    pub(crate) fn surroundings(&mut self) -> &mut Surroundings {
        self.policy
            .tenant()
            .served
            .as_mut()
            .expect("an agent's policy is made with surroundings")
    }

    /// Has the policy observe a session, and ends the session in the bank.
    pub(crate) fn attend(
        &mut self,
        content: &SessionContent,
        hints: Option<&[Hint]>,
    ) -> Result<Report, Error> {
        let (at, task) = moment(content);
        let observing = Activity::Observing {
            session: at.session,
            task,
            ended: false,
        };
        let (activity, report) = self.engage(observing, |policy| {
            policy.attempt("observe", |policy, store| {
                policy.call_observe(store, content, hints)
            })
        })?;
        if !matches!(activity, Activity::Observing { ended: true, .. }) {
            self.surroundings().bank.end_session(&at)?;
        }
        self.session = at.session;
        Ok(report)
    }

    /// Has the policy answer a question of this id.
    pub(crate) fn reply(&mut self, id: &str, question: &str) -> Result<Answer, Error> {
        let (_, answer) = self.engage(Activity::Answering(id.to_owned()), |policy| {
            policy.attempt("answer", |policy, store| {
                policy.call_answer(store, question)
            })
        })?;
        Ok(answer)
    }

    /// Calls the policy for something. Where the model failed and the policy
    /// gave up, the model is to blame.
    fn engage<R>(
        &mut self,
        activity: Activity,
        call: impl FnOnce(&mut Instance<Guest>) -> Result<R, Error>,
    ) -> Result<(Activity, R), Error> {
        self.surroundings().begin(activity);
        let result = call(&mut self.policy);
        let around = self.surroundings();
        let activity = around.finish();
        match result {
            Ok(value) => Ok((activity, value)),
            Err(error @ Error::Guest { .. }) => Err(around.failure.take().unwrap_or(error)),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn timed<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let started = ThreadTime::now();
        let result = run(self);
        self.spent += started.elapsed();
        result
    }
}

fn moment(content: &SessionContent) -> (Moment, bool) {
    let (session, time, task) = match content {
        SessionContent::Dialogue(session) => (session.index, &session.time, false),
        SessionContent::Task(task) => (task.index, &task.time, true),
    };
    let time = time.clone();
    (Moment { session, time }, task)
}

#[cfg(test)]
mod tests;
