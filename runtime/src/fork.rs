//! Forks: a second instance in the same state, which then goes its own way.

use cpu_time::ThreadTime;

use crate::bank::Bank;
use crate::environment::Environment;
use crate::episode::Episode;
use crate::error::Error;
use crate::instance::{Instance, Interface};
use crate::model::LanguageModel;

impl<G: Interface> Instance<G> {
    /// Puts `other`, an instance of the same component, into this one's state:
    /// what all forks come down to.
    fn imprint(&mut self, other: &mut Self) -> Result<(), Error> {
        other.restore(&self.snapshot()?)
    }
}

impl Bank {
    /// A second bank in the same state.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        let mut fork = Instance::new(self.0.prepared(), ())?;
        self.0.imprint(&mut fork)?;
        Ok(Self(fork))
    }
}

impl Environment {
    /// A second environment in the same state, with the same episode open.
    ///
    /// # Errors
    /// See [`Environment`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        let mut fork = Instance::new(self.0.prepared(), ())?;
        self.0.imprint(&mut fork)?;
        Ok(Self(fork))
    }
}

impl Episode {
    /// A second rollout in the same state, with a model and a meter of its own
    /// and the same embedder. It does not record.
    ///
    /// # Errors
    /// See [`Episode`].
    pub fn fork(&mut self, model: Box<dyn LanguageModel>) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let around = self.surroundings();
        let bank = around.bank.fork()?;
        let environment = around.environment.fork()?;
        let embedder = around.embedder.clone();
        let mut fork = Self::assemble(self.parts(), bank, environment, model, started)?;
        fork.surroundings().embedder = embedder;
        fork.timed(|fork| self.policy().imprint(fork.policy()))?;
        Ok(fork)
    }
}
