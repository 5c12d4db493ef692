//! Forks of episodes.

use std::sync::Arc;

use cpu_time::ThreadTime;

use crate::agent::episode::Episode;
use crate::agent::{Agent, AgentParts};
use crate::bank::Bank;
use crate::bindings;
use crate::environment::EnvironmentForkPoint;
use crate::error::Error;
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
    parts: AgentParts,
    bank: InstanceForkPoint<bindings::bank::Guest>,
    environment: EnvironmentForkPoint,
    policy: InstanceForkPoint<bindings::policy::Guest>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl ForkPoint {
    /// Returns a rollout in this state, with a model and a meter of its own and the
    /// episode's embedder. It does not record.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork(&self, model: Box<dyn LanguageModel>) -> Result<Episode, Error> {
        let started = ThreadTime::now();
        let bank = self.bank.fork((), |_| Ok(()))?;
        let environment = Some(self.environment.fork()?);
        let mut host = PolicyHost::new(Bank(bank), environment, model);
        host.embedder = self.embedder.clone();
        let policy = self
            .policy
            .fork(Some(host), |policy| self.parts.configure(policy))?;
        Ok(Episode {
            agent: Agent::from_policy(&self.parts, policy, started),
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
            let parts = agent.parts().clone();
            let policy = InstanceForkPoint::capture(agent.policy())?;
            let host = agent.host();
            Ok(ForkPoint {
                parts,
                bank: InstanceForkPoint::capture(&mut host.bank.0)?,
                environment: EnvironmentForkPoint::capture(host.environment())?,
                policy,
                embedder: host.embedder.clone(),
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
