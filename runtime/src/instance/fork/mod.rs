//! Forks: further instances in the same state, which then go their own ways.
//!
//! An instance is a shell, and its state is what its memories hold, where
//! [`analysis`] can tell that this is all of it. Then a fork takes an idle shell
//! and maps the state over its memory; the kernel copies a page when it is first
//! written to. Components of which it cannot be told are forked through their
//! `snapshot` and `restore` exports, by the same calls.
//!
//! Counted on everywhere here: between two calls no wasm runs in an instance,
//! which Rust's borrows see to, and a shell whose call was broken off is never
//! used again.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use cpu_time::ThreadTime;

use crate::agent::Agent;
use crate::bank::Bank;
use crate::bindings;
use crate::cow::image::Image;
use crate::environment::{Environment, Loaded};
use crate::agent::episode::{Episode, EpisodeParts};
use crate::error::Error;
use crate::instance::{Instance, Interface, Prepared};
use crate::instance::slot::{Pool, Shell};
use crate::limits::Limiter;
use crate::model::{Embedder, LanguageModel};
use crate::host::Surroundings;

/// How a component's instances are made and forked.
pub(crate) struct Forks<G: Interface> {
    /// The state of a new instance; none where forks go through exports.
    pristine: Option<Memories>,
    pool: Mutex<Pool<G>>,
}

/// All of an instance's state, and what is left of its limits.
struct Memories {
    image: Arc<Image>,
    limiter: Limiter,
}

impl Memories {
    fn of<G: Interface>(shell: &mut Shell<G>) -> io::Result<Self> {
        Ok(Self {
            image: shell.image()?,
            limiter: shell.store.data().limiter.clone(),
        })
    }
}

impl<G: Interface> Forks<G> {
    pub(crate) fn through_exports() -> Self {
        Self {
            pristine: None,
            pool: Mutex::new(Pool::new()),
        }
    }

    /// By memory, where a longer memory can be asked for when an instance is
    /// made: not where starting makes it grow.
    pub(crate) fn of(prepared: &Prepared<G>, mut new: Shell<G>) -> Result<Self, Error> {
        let pristine = Memories::of(&mut new).map_err(|error| failed(prepared, &error))?;
        let again = prepared.shell(pristine.image.lengths())?;
        let fits = again.lengths() == pristine.image.lengths();
        Ok(Self {
            pristine: fits.then_some(pristine),
            ..Self::through_exports()
        })
    }

    /// A shell in the state of a new instance.
    pub(crate) fn fresh(&self, prepared: &Prepared<G>) -> Result<Shell<G>, Error> {
        match &self.pristine {
            Some(pristine) => self.shell(prepared, pristine),
            None => prepared.shell(&[]),
        }
    }

    /// A shell in this state.
    fn shell(&self, prepared: &Prepared<G>, state: &Memories) -> Result<Shell<G>, Error> {
        let lengths = state.image.lengths();
        let idle = self.pool().take(lengths);
        let mut shell = match idle {
            Some(shell) => shell,
            None => prepared.shell(lengths)?,
        };
        let mapped = shell.take_on(&state.image);
        mapped.map_err(|error| failed(prepared, &error))?;
        let tenant = shell.store.data_mut();
        *tenant = prepared.tenant(G::Served::default());
        tenant.limiter = state.limiter.clone();
        Ok(shell)
    }

    /// Takes back a shell in which no call was broken off.
    pub(crate) fn keep(&self, prepared: &Prepared<G>, mut shell: Shell<G>) {
        if self.pristine.is_none() {
            return;
        }
        *shell.store.data_mut() = prepared.tenant(G::Served::default());
        // One whose memory cannot be given back is not kept.
        if shell.clear().is_ok() {
            let surplus = self.pool().put(shell);
            drop(surplus);
        }
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool<G>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed<G: Interface>(prepared: &Prepared<G>, error: &io::Error) -> Error {
    Error::Fork {
        component: prepared.name().to_owned(),
        why: error.to_string(),
    }
}

/// A state of one component that forks start from.
struct Point<G: Interface> {
    prepared: Arc<Prepared<G>>,
    state: Kept,
}

enum Kept {
    Memories(Memories),
    Exported(Vec<u8>),
}

impl<G: Interface> Point<G> {
    fn of(instance: &mut Instance<G>) -> Result<Self, Error> {
        let prepared = instance.prepared().clone();
        let state = if prepared.forks.pristine.is_some() {
            instance.check("snapshot")?;
            let memories = Memories::of(instance.shell()).map_err(|error| {
                instance.stop("fork");
                failed(&prepared, &error)
            })?;
            Kept::Memories(memories)
        } else {
            Kept::Exported(instance.snapshot()?)
        };
        Ok(Self { prepared, state })
    }

    /// An instance in this state. Where it goes through exports, `ready` does
    /// what must come before `restore`.
    fn fork(
        &self,
        served: G::Served,
        ready: impl FnOnce(&mut Instance<G>) -> Result<(), Error>,
    ) -> Result<Instance<G>, Error> {
        match &self.state {
            Kept::Memories(memories) => {
                let mut shell = self.prepared.forks.shell(&self.prepared, memories)?;
                shell.store.data_mut().served = served;
                Ok(Instance::living_in(&self.prepared, shell))
            }
            Kept::Exported(bytes) => {
                let mut instance = Instance::new(&self.prepared, served)?;
                ready(&mut instance)?;
                instance.restore(bytes)?;
                Ok(instance)
            }
        }
    }
}

impl Bank {
    /// A second bank in the same state.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Fork`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        Point::of(&mut self.0)?.fork((), |_| Ok(())).map(Self)
    }
}

impl Environment {
    /// A second environment in the same state, with the same episode open.
    ///
    /// # Errors
    /// See [`Environment`]; [`Error::Fork`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        EnvironmentPoint::of(self)?.fork()
    }
}

/// A state of an environment that forks start from.
struct EnvironmentPoint {
    point: Point<bindings::environment::Guest>,
    loaded: Option<Arc<Loaded>>,
}

impl EnvironmentPoint {
    fn of(environment: &mut Environment) -> Result<Self, Error> {
        Ok(Self {
            point: Point::of(&mut environment.instance)?,
            loaded: environment.loaded.clone(),
        })
    }

    fn fork(&self) -> Result<Environment, Error> {
        let load = |instance: &mut Instance<_>| match &self.loaded {
            Some(loaded) => loaded.load_into(instance).map(drop),
            None => Ok(()),
        };
        Ok(Environment {
            instance: self.point.fork((), load)?,
            loaded: self.loaded.clone(),
        })
    }
}

/// A moment of an episode from which any number of forks start, on any thread.
/// Outlives the episode.
///
/// `Send` and `Sync`.
///
/// ```
/// # use memloom_runtime::{EpisodeParts, Limits, Sandbox};
/// use memloom_runtime::{DemonstrationModel, Episode};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let sandbox = Sandbox::new(Limits::default())?;
/// # let mut environment = sandbox
/// #     .environment("../target/components/chronicle.wasm")?
/// #     .instantiate()?;
/// # environment.load(&[], "{}")?;
/// # environment.open("train", 0, 2)?;
/// # let parts = EpisodeParts {
/// #     bank: sandbox.bank("../target/components/flat.wasm")?,
/// #     policy: sandbox.policy("../target/components/selector.wasm")?,
/// #     policy_options: "{}".into(),
/// #     lexicon: environment.describe()?.lexicon,
/// # };
/// let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
/// episode.observe(1, Some(("expert", 1)))?;
///
/// // Two rerolls of session 2 from the same state, as two demonstrators see it.
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
    parts: EpisodeParts,
    bank: Point<bindings::bank::Guest>,
    environment: EnvironmentPoint,
    policy: Point<bindings::policy::Guest>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl ForkPoint {
    /// A rollout in this state, with a model and a meter of its own and the
    /// episode's embedder. It does not record.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork(&self, model: Box<dyn LanguageModel>) -> Result<Episode, Error> {
        let started = ThreadTime::now();
        let bank = self.bank.fork((), |_| Ok(()))?;
        let environment = Some(self.environment.fork()?);
        let mut around = Surroundings::new(Bank(bank), environment, model);
        around.embedder = self.embedder.clone();
        let policy = self
            .policy
            .fork(Some(around), |policy| self.parts.configure(policy))?;
        Ok(Episode {
            agent: Agent::of(&self.parts, policy, started),
        })
    }
}

impl Episode {
    /// This moment, to fork from.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork_point(&mut self) -> Result<ForkPoint, Error> {
        self.agent.timed(|agent| {
            let parts = agent.parts().clone();
            let policy = Point::of(agent.policy())?;
            let around = agent.surroundings();
            Ok(ForkPoint {
                parts,
                bank: Point::of(&mut around.bank.0)?,
                environment: EnvironmentPoint::of(around.environment())?,
                policy,
                embedder: around.embedder.clone(),
            })
        })
    }

    /// A second rollout in the same state: [`ForkPoint::fork`] from here.
    ///
    /// # Errors
    /// See [`Episode`]; [`Error::Fork`].
    pub fn fork(&mut self, model: Box<dyn LanguageModel>) -> Result<Self, Error> {
        self.fork_point()?.fork(model)
    }
}

#[cfg(test)]
mod tests;
