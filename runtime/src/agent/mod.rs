//! Agents: a policy with its bank and a model. They serve users, and episodes train
//! them.

pub(crate) mod episode;
pub(crate) mod fork_point;
pub(crate) mod meter;
pub(crate) mod worker;

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;

use self::meter::Meter;
use crate::bank::BankComponent;
use crate::error::Error;
use crate::event::Event;
use crate::guest::PolicyGuest;
use crate::host::{Activity, PolicyHost};
use crate::instance::Instance;
use crate::instance::log::LogLine;
use crate::model::{Embedder, LanguageModel};
use crate::policy::PolicyComponent;
use crate::store::memory::Memory;
use crate::types::{
    Answer, Entry, Hint, LexiconKind, Moment, PolicyDescription, Report, Session, SessionContent,
    Stats, Task, Turn,
};
use crate::world::World;

/// The components of an agent and their options.
///
/// `Send` and `Sync`, and cheap to clone. [`Agent`] and
/// [`Episode`](crate::Episode) have examples.
#[derive(Clone)]
pub struct AgentParts {
    /// The bank that keeps its entries.
    pub bank: BankComponent,
    /// The policy that decides.
    pub policy: PolicyComponent,
    /// The policy's options: a JSON object.
    pub policy_options: String,
    /// The environment's closed language; empty if the language is open.
    pub lexicon: Vec<LexiconKind>,
}

impl AgentParts {
    /// Returns the policy's description under its options, on which roles and control words may
    /// depend.
    ///
    /// # Errors
    /// [`Error::Guest`] if the policy refuses its options; if it traps, exceeds a limit, or calls
    /// the host, which it may do only inside an episode.
    pub fn describe_policy(&self) -> Result<PolicyDescription, Error> {
        let mut policy = Instance::new(&self.policy.0, None)?;
        self.configure(&mut policy)?;
        policy.call("describe", |policy, store| policy.call_describe(store))
    }

    pub(crate) fn configure(&self, policy: &mut Instance<PolicyGuest>) -> Result<(), Error> {
        policy.call_fallible("configure", |policy, store| {
            policy.call_configure(store, &self.policy_options, &self.lexicon)
        })
    }
}

/// An agent in service: a policy, its bank and a model, without an environment.
/// It observes the sessions of its user, does tasks in a [`World`] and answers questions from
/// the entries that it has kept. The components are those that were trained in an
/// [`Episode`](crate::Episode).
///
/// Outside of a task an action of the policy is refused as unsupported.
///
/// Every function fails if a component refuses, traps, exceeds a limit or
/// violates the contract, and if the model fails and the policy gives up. The
/// error names the component and the function. A failed session keeps the changes
/// that it has made so far. So keep the [`Memory`] from before the session, drop
/// the agent after an error, and call [`Agent::resume`].
///
/// An agent can be sent to another thread, but not shared among threads. [`Worker`]
/// gives it a thread of its own, for callers that must not block.
///
/// [`Worker`]: crate::Worker
///
/// ```
/// use memloom_runtime::types::Turn;
/// use memloom_runtime::{Agent, AgentParts, Limits, Sandbox, ScriptedModel};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let parts = AgentParts {
///     bank: sandbox.bank("../target/components/flat.wasm")?,
///     policy: sandbox.policy("../target/components/selector.wasm")?,
///     policy_options: "{}".into(),
///     lexicon: vec![],
/// };
/// // The model's outputs for these turns, as extractor and as manager.
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
    parts: AgentParts,
    policy: Instance<PolicyGuest>,
    /// The index of the last observed session.
    session: u32,
    spent: Duration,
}

impl Agent {
    /// Returns an agent with an empty memory.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] if the policy refuses its options.
    pub fn start(parts: &AgentParts, model: Box<dyn LanguageModel>) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let bank = parts.bank.instantiate()?;
        Self::configure_new(parts, PolicyHost::new(bank, None, model), started)
    }

    /// Returns an agent with the memory of another one. The policy gets the options
    /// in `parts` before its state is restored.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] if a component refuses its state.
    ///
    /// ```
    /// # use memloom_runtime::{AgentParts, Limits, Sandbox, ScriptedModel};
    /// use memloom_runtime::{Agent, types::Turn};
    ///
    /// # fn main() -> Result<(), memloom_runtime::Error> {
    /// # let sandbox = Sandbox::new(Limits::default())?;
    /// # let parts = AgentParts {
    /// #     bank: sandbox.bank("../target/components/flat.wasm")?,
    /// #     policy: sandbox.policy("../target/components/selector.wasm")?,
    /// #     policy_options: "{}".into(),
    /// #     lexicon: vec![],
    /// # };
    /// # let model = |outputs: &[&str]| Box::new(ScriptedModel::new(outputs.iter().copied()));
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
        parts: &AgentParts,
        memory: &Memory,
        model: Box<dyn LanguageModel>,
    ) -> Result<Self, Error> {
        let mut agent = Self::start(parts, model)?;
        agent.restore(memory)?;
        Ok(agent)
    }

    /// Builds an agent around `host`; CPU time since `started` is charged to its meter.
    pub(crate) fn configure_new(
        parts: &AgentParts,
        host: PolicyHost,
        started: ThreadTime,
    ) -> Result<Self, Error> {
        let mut policy = Instance::new(&parts.policy.0, Some(host))?;
        parts.configure(&mut policy)?;
        Ok(Self::from_policy(parts, policy, started))
    }

    /// Builds an agent around a configured policy.
    pub(crate) fn from_policy(
        parts: &AgentParts,
        policy: Instance<PolicyGuest>,
        started: ThreadTime,
    ) -> Self {
        Self {
            parts: parts.clone(),
            policy,
            session: 0,
            spent: started.elapsed(),
        }
    }

    /// Gives the policy an embedder. By default there is none.
    pub fn set_embedder(&mut self, embedder: Arc<dyn Embedder>) {
        self.host().embedder = Some(embedder);
    }

    /// Has a function called with each call of the policy into the host, as soon as it has
    /// its result. By default nobody is told.
    ///
    /// ```
    /// # use memloom_runtime::types::Turn;
    /// # use memloom_runtime::{Agent, AgentParts, Limits, Sandbox, ScriptedModel};
    /// use memloom_runtime::Event;
    ///
    /// # fn main() -> Result<(), memloom_runtime::Error> {
    /// # let sandbox = Sandbox::new(Limits::default())?;
    /// # let parts = AgentParts {
    /// #     bank: sandbox.bank("../target/components/flat.wasm")?,
    /// #     policy: sandbox.policy("../target/components/selector.wasm")?,
    /// #     policy_options: "{}".into(),
    /// #     lexicon: vec![],
    /// # };
    /// # let model = Box::new(ScriptedModel::new(["t1 keep", "f1 insert"]));
    /// # let turn = Turn {
    /// #     id: "m1".into(),
    /// #     speaker: "Ada".into(),
    /// #     text: "I have moved to Lisbon.".into(),
    /// # };
    /// let mut agent = Agent::start(&parts, model)?;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// agent.watch(move |event| {
    ///     if let Event::Apply { .. } = event {
    ///         tell.send(event.to_string()).ok();
    ///     }
    /// });
    /// agent.observe("3 May 2026", vec![turn])?;
    /// assert_eq!(told.recv().unwrap(), "insert \"I have moved to Lisbon.\" -> m1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&mut self, watcher: impl FnMut(&Event) + Send + 'static) {
        self.host().watcher = Some(Box::new(watcher));
    }

    /// Lets the policy observe the session after [`Agent::sessions`], and ends the
    /// session in the bank. `time` is the session's time in any words. The turns' ids
    /// are the caller's own, such as keys of messages in a database; answers cite
    /// them, so each id should occur once.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn observe(&mut self, time: &str, turns: Vec<Turn>) -> Result<Report, Error> {
        let session = SessionContent::Dialogue(Session {
            index: self.session.saturating_add(1),
            time: time.to_owned(),
            turns,
        });
        self.timed(|agent| agent.observe_session(&session, None, None))
    }

    /// Lets the policy do a task in a world, as the session after [`Agent::sessions`], and ends the
    /// session in the bank. The task's `index` is set here. The world is asked on this thread, is
    /// not bound by [`Limits`](crate::Limits), and is dropped at the end.
    ///
    /// # Errors
    /// See [`Agent`].
    ///
    /// ```
    /// # use memloom_runtime::{AgentParts, Limits, Sandbox, ScriptedModel};
    /// use memloom_runtime::types::{Error, Observation, Task};
    /// use memloom_runtime::Agent;
    ///
    /// # fn main() -> Result<(), memloom_runtime::Error> {
    /// # let sandbox = Sandbox::new(Limits::default())?;
    /// # let parts = AgentParts {
    /// #     bank: sandbox.bank("../target/components/flat.wasm")?,
    /// #     policy: sandbox.policy("../target/components/react.wasm")?,
    /// #     policy_options: r#"{"notes": "observations"}"#.into(),
    /// #     lexicon: vec![],
    /// # };
    /// # let model = Box::new(ScriptedModel::new(["action: push door", "action: pull door"]));
    /// let mut agent = Agent::start(&parts, model)?;
    /// let task = Task {
    ///     index: 0,
    ///     time: "3 May 2026".into(),
    ///     instruction: "Open the door.".into(),
    ///     actions: vec![],
    ///     steps: 0,
    /// };
    /// let door = |action: &str| match action {
    ///     "pull door" => Ok(Observation {
    ///         text: "The door is open.".into(),
    ///         done: true,
    ///         reward: 1.0,
    ///         actions: vec![],
    ///     }),
    ///     _ => Err(Error::Invalid("The door does not move.".into())),
    /// };
    /// agent.perform(task, door)?;
    /// let kept: Vec<String> = agent.entries()?.into_iter().map(|entry| entry.text).collect();
    /// assert_eq!(kept, ["The door does not move.", "The door is open."]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn perform(&mut self, task: Task, world: impl World + 'static) -> Result<Report, Error> {
        let session = SessionContent::Task(Task {
            index: self.session.saturating_add(1),
            ..task
        });
        self.timed(|agent| {
            agent.host().world = Some(Box::new(world));
            let report = agent.observe_session(&session, None, None);
            agent.host().world = None;
            report
        })
    }

    /// Lets the policy answer a question. Meanwhile the bank refuses operations as
    /// unsupported: a question does not change the memory.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn answer(&mut self, question: &str) -> Result<Answer, Error> {
        self.timed(|agent| agent.answer_question(question, question))
    }

    /// Returns the number of observed sessions.
    pub fn sessions(&self) -> u32 {
        self.session
    }

    /// Returns all entries of the bank in order of insertion.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        self.timed(|agent| agent.host().bank.entries())
    }

    /// Returns the bank's sizes.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.timed(|agent| agent.host().bank.stats())
    }

    /// Returns the agent's memory: the states of bank and policy.
    ///
    /// # Errors
    /// See [`Agent`].
    pub fn memory(&mut self) -> Result<Memory, Error> {
        self.timed(|agent| {
            let policy = agent.policy.snapshot()?;
            let bank = agent.host().bank.snapshot()?;
            Ok(Memory::new(agent.session, bank, policy))
        })
    }

    /// Restores bank and policy from a memory.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Guest`] if a component refuses its state. The other
    /// component may be restored by then, so restore another memory or drop the agent.
    pub fn restore(&mut self, memory: &Memory) -> Result<(), Error> {
        self.timed(|agent| {
            agent.policy.restore(memory.policy())?;
            agent.host().bank.restore(memory.bank())?;
            agent.session = memory.sessions();
            Ok(())
        })
    }

    /// Returns the agent's costs since it started.
    pub fn meter(&mut self) -> Meter {
        let spent = self.spent;
        let host = self.host();
        Meter {
            guests: spent.saturating_sub(host.model_cpu),
            model: host.model_time,
            host_calls: host.host_calls,
            generate_calls: host.generate_calls,
        }
    }

    /// Takes the log lines of policy and bank, in this order, since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        let mut lines = self.policy.data().log.take();
        lines.extend(self.host().bank.take_log());
        lines
    }

    pub(crate) fn parts(&self) -> &AgentParts {
        &self.parts
    }

    pub(crate) fn policy(&mut self) -> &mut Instance<PolicyGuest> {
        &mut self.policy
    }

    pub(crate) fn host(&mut self) -> &mut PolicyHost {
        self.policy
            .data()
            .host
            .as_mut()
            .expect("an agent's policy is made with a host")
    }

    /// Lets the policy observe a session, and ends the session in the bank. The demonstrator
    /// advises in a task.
    pub(crate) fn observe_session(
        &mut self,
        content: &SessionContent,
        hints: Option<&[Hint]>,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<Report, Error> {
        let (at, task) = moment(content);
        let observing = Activity::Observing {
            session: at.session,
            task,
            demonstrator: demonstrator.map(|(name, seed)| (name.to_owned(), seed)),
            ended: false,
        };
        let (activity, report) = self.call_policy(observing, |policy| {
            policy.call_fallible("observe", |policy, store| {
                policy.call_observe(store, content, hints)
            })
        })?;
        if !matches!(activity, Activity::Observing { ended: true, .. }) {
            self.host().bank.end_session(&at)?;
        }
        self.session = at.session;
        Ok(report)
    }

    /// Lets the policy answer a question of this id.
    pub(crate) fn answer_question(&mut self, id: &str, question: &str) -> Result<Answer, Error> {
        let (_, answer) = self.call_policy(Activity::Answering(id.to_owned()), |policy| {
            policy.call_fallible("answer", |policy, store| {
                policy.call_answer(store, question)
            })
        })?;
        Ok(answer)
    }

    /// Calls the policy for an activity. Where the policy gave up since the model
    /// failed, the error is the model's.
    fn call_policy<R>(
        &mut self,
        activity: Activity,
        call: impl FnOnce(&mut Instance<PolicyGuest>) -> Result<R, Error>,
    ) -> Result<(Activity, R), Error> {
        self.host().begin(activity);
        let result = call(&mut self.policy);
        let host = self.host();
        let activity = host.finish();
        match result {
            Ok(value) => Ok((activity, value)),
            Err(error @ Error::Guest { .. }) => Err(host.failure.take().unwrap_or(error)),
            Err(error) => Err(error),
        }
    }

    /// Runs something and charges its CPU time to the meter.
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

/// Returns the moment of a session, and whether it is a task.
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
