//! Forks of episodes and agents.

use std::sync::Arc;

use cpu_time::ThreadTime;

use crate::agent::episode::Episode;
use crate::agent::{Agent, AgentParts};
use crate::bank::BankForkPoint;
use crate::environment::{Environment, EnvironmentForkPoint};
use crate::error::Error;
use crate::guest::PolicyGuest;
use crate::host::PolicyHost;
use crate::instance::fork::InstanceForkPoint;
use crate::model::{Embedder, LanguageModel};

/// A moment of an episode from which any number of forks start, on any thread. It
/// outlives the episode.
///
/// `Send` and `Sync`.
///
/// ```
/// # use memloom_runtime::{AgentParts, Limits, Sandbox};
/// use memloom_runtime::{DemonstrationModel, Episode};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let sandbox = Sandbox::new(Limits::default())?;
/// # let mut environment = sandbox
/// #     .environment("../target/components/chronicle.wasm")?
/// #     .instantiate()?;
/// # environment.load(&[], "{}")?;
/// # environment.open("train", 0, 2)?;
/// # let parts = AgentParts {
/// #     bank: sandbox.bank("../target/components/flat.wasm")?,
/// #     policy: sandbox.policy("../target/components/selector.wasm")?,
/// #     policy_options: "{}".into(),
/// #     lexicon: environment.describe()?.lexicon,
/// # };
/// let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
/// episode.observe(1, Some(("expert", 1)))?;
///
/// // Two rerolls of session 2 from the same state, with two demonstrators.
/// let point = episode.fork_point()?;
/// let mut one = point.fork(Box::new(DemonstrationModel))?;
/// let mut other = point.fork(Box::new(DemonstrationModel))?;
/// one.observe(2, Some(("nothing", 1)))?;
/// other.observe(2, Some(("everything", 1)))?;
/// let before = episode.stats()?.entries;
/// assert_eq!(one.stats()?.entries, before);
/// assert!(other.stats()?.entries > before);
/// # Ok(())
/// # }
/// ```
pub struct ForkPoint {
    agent: AgentForkPoint,
    environment: EnvironmentForkPoint,
}

impl ForkPoint {
    /// Returns a rollout in this state, with a model and a meter of its own and the
    /// episode's embedder. It does not record.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork(&self, model: Box<dyn LanguageModel>) -> Result<Episode, Error> {
        let started = ThreadTime::now();
        let environment = Some(self.environment.fork()?);
        let agent = self.agent.fork_into(environment, model, started)?;
        Ok(Episode { agent })
    }
}

/// A moment of an agent between two calls, from which any number of forks start, on any
/// thread. It outlives the agent.
///
/// `Send` and `Sync`.
///
/// ```
/// # use memloom_runtime::types::Turn;
/// # use memloom_runtime::{AgentParts, Limits, Sandbox};
/// use memloom_runtime::{Agent, ScriptedModel};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let sandbox = Sandbox::new(Limits::default())?;
/// # let parts = AgentParts {
/// #     bank: sandbox.bank("../target/components/flat.wasm")?,
/// #     policy: sandbox.policy("../target/components/selector.wasm")?,
/// #     policy_options: "{}".into(),
/// #     lexicon: vec![],
/// # };
/// # let turns = || vec![Turn {
/// #     id: "m1".into(),
/// #     speaker: "Ada".into(),
/// #     text: "I have moved to Lisbon.".into(),
/// # }];
/// let model = || Box::new(ScriptedModel::new(["t1 keep", "f1 insert"]));
/// let mut agent = Agent::start(&parts, model())?;
/// let before = agent.fork_point()?;
/// agent.observe("3 May 2026", turns())?;
///
/// // The session has not happened in a fork from before it.
/// let fork = before.fork(model())?;
/// assert_eq!((agent.sessions(), fork.sessions()), (1, 0));
/// # Ok(())
/// # }
/// ```
pub struct AgentForkPoint {
    parts: AgentParts,
    bank: BankForkPoint,
    policy: InstanceForkPoint<PolicyGuest>,
    embedder: Option<Arc<dyn Embedder>>,
    session: u32,
}

impl AgentForkPoint {
    /// Returns an agent in this state, with a model and a meter of its own and the embedder
    /// of the first one. Nobody watches it.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Fork`].
    pub fn fork(&self, model: Box<dyn LanguageModel>) -> Result<Agent, Error> {
        self.fork_into(None, model, ThreadTime::now())
    }

    /// Forks into an environment; CPU time since `started` is charged to the agent's meter.
    fn fork_into(
        &self,
        environment: Option<Environment>,
        model: Box<dyn LanguageModel>,
        started: ThreadTime,
    ) -> Result<Agent, Error> {
        let mut host = PolicyHost::new(self.bank.fork()?, environment, model);
        host.embedder = self.embedder.clone();
        let policy = self
            .policy
            .fork(Some(host), |policy| self.parts.configure(policy))?;
        let mut agent = Agent::from_policy(&self.parts, policy, started);
        agent.session = self.session;
        Ok(agent)
    }
}

impl Agent {
    /// Returns a fork point of the agent's present state.
    ///
    /// # Errors
    /// See [`Agent`]; [`Error::Fork`].
    pub fn fork_point(&mut self) -> Result<AgentForkPoint, Error> {
        self.timed(Self::capture)
    }

    fn capture(&mut self) -> Result<AgentForkPoint, Error> {
        let parts = self.parts().clone();
        let session = self.session;
        let policy = InstanceForkPoint::capture(self.policy())?;
        let host = self.host();
        Ok(AgentForkPoint {
            parts,
            bank: BankForkPoint::capture(&mut host.bank)?,
            policy,
            embedder: host.embedder.clone(),
            session,
        })
    }
}

impl Episode {
    /// Returns a fork point of the episode's present state.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork_point(&mut self) -> Result<ForkPoint, Error> {
        self.agent.timed(|agent| {
            Ok(ForkPoint {
                agent: agent.capture()?,
                environment: EnvironmentForkPoint::capture(agent.host().environment())?,
            })
        })
    }

    /// Returns a second rollout in the same state: [`ForkPoint::fork`] from here.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork(&mut self, model: Box<dyn LanguageModel>) -> Result<Self, Error> {
        self.fork_point()?.fork(model)
    }
}
