//! A component made ready, and instances of it behind their limits: every call
//! of the host into a component passes through here.

use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Store, Trap};

use crate::bindings::{bank, environment, log, policy, state, types as wit};
use crate::clock::{self, Clock};
use crate::error::Error;
use crate::fork::{Forks, Shell, region};
use crate::inspect::Kind;
use crate::limits::{Exceeded, HostBudget, Limit, Limiter, Limits, Pace};
use crate::log::Log;
use crate::surroundings::Surroundings;
use crate::types::{self, Level};
use crate::ungranted;

/// A store's data: an instance's limits, its log, and what its imports reach.
pub(crate) struct Tenant<S> {
    pub(crate) name: Arc<str>,
    pub(crate) log: Log,
    pub(crate) served: S,
    pub(crate) limiter: Limiter,
    pub(crate) budget: HostBudget,
    pub(crate) clock: Clock,
}

impl<S> Tenant<S> {
    /// Counts and weighs a line, and keeps it where there is room.
    pub(crate) fn hear(&mut self, level: Level, text: String) -> Result<Option<&str>, Exceeded> {
        self.budget.call()?;
        self.budget.carry(&text)?;
        Ok(self.log.write(level, text))
    }
}

impl<S> wit::Host for Tenant<S> {}

impl log::Host for Tenant<()> {
    fn write(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        self.hear(level, text)?;
        Ok(())
    }
}

/// Grants what every component may import.
pub(crate) fn grant_basics<S: 'static>(linker: &mut Linker<Tenant<S>>) -> wasmtime::Result<()>
where
    Tenant<S>: log::Host,
{
    wit::add_to_linker::<_, HasSelf<_>>(linker, |tenant| tenant)?;
    log::add_to_linker::<_, HasSelf<_>>(linker, |tenant| tenant)
}

/// The export that makes a component what it is, with generated typed calls.
pub(crate) trait Interface: Sized + Send + 'static {
    /// What a component that exports it is.
    const KIND: Kind;
    /// What the component's imports reach; the default is for a trial.
    type Served: Default + 'static;
    /// Where the functions are in the component.
    type Indices: Send + Sync;

    fn find(pre: &InstancePre<Tenant<Self::Served>>) -> wasmtime::Result<Self::Indices>;

    fn load(
        indices: &Self::Indices,
        store: &mut Store<Tenant<Self::Served>>,
        instance: &wasmtime::component::Instance,
    ) -> wasmtime::Result<Self>;
}

macro_rules! interface {
    ($module:ident, $kind:ident, $served:ty) => {
        impl Interface for $module::Guest {
            const KIND: Kind = Kind::$kind;
            type Served = $served;
            type Indices = $module::GuestIndices;

            fn find(pre: &InstancePre<Tenant<$served>>) -> wasmtime::Result<Self::Indices> {
                $module::GuestIndices::new(pre)
            }

            fn load(
                indices: &Self::Indices,
                store: &mut Store<Tenant<$served>>,
                instance: &wasmtime::component::Instance,
            ) -> wasmtime::Result<Self> {
                indices.load(store, instance)
            }
        }
    };
}

interface!(bank, Bank, ());
interface!(environment, Environment, ());
interface!(policy, Policy, Option<Surroundings>);

/// A compiled and linked component.
pub(crate) struct Prepared<G: Interface> {
    name: Arc<str>,
    limits: Limits,
    pre: InstancePre<Tenant<G::Served>>,
    indices: G::Indices,
    state: state::GuestIndices,
    pub(crate) forks: Forks<G>,
}

impl<G: Interface> Prepared<G> {
    /// Links a component, and instantiates it to see that its functions have
    /// the types of the contract. The error says what does not fit.
    pub(crate) fn new(
        name: &str,
        limits: &Limits,
        linker: &Linker<Tenant<G::Served>>,
        component: &Component,
        memory_is_all: bool,
    ) -> Result<Arc<Self>, String> {
        let unfit = |error: wasmtime::Error| format!("{error:#}");
        let pre = linker.instantiate_pre(component).map_err(unfit)?;
        let indices = G::find(&pre).map_err(unfit)?;
        let state = state::GuestIndices::new(&pre).map_err(unfit)?;
        let mut prepared = Self {
            name: name.into(),
            limits: limits.clone(),
            pre,
            indices,
            state,
            forks: Forks::through_exports(),
        };
        let shell = prepared.shell(&[]).map_err(|error| error.to_string())?;
        if memory_is_all {
            prepared.forks = Forks::of(&prepared, shell).map_err(|error| error.to_string())?;
        }
        Ok(Arc::new(prepared))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A new instance, its memories as long as `lengths` says where it does.
    pub(crate) fn shell(&self, lengths: &[usize]) -> Result<Shell<G>, Error> {
        let (made, regions) = region::bear(lengths, || {
            let mut store = Store::new(self.pre.engine(), self.tenant(G::Served::default()));
            store.limiter(|tenant| &mut tenant.limiter);
            let transfer = self.limits.transfer_bytes;
            store.set_hostcall_fuel(usize::try_from(transfer).unwrap_or(usize::MAX));
            if self.limits.pace == Pace::Time {
                store.epoch_deadline_callback(clock::look);
            }
            self.begin(&mut store, self.limits.fuel)?;
            let instance = self.pre.instantiate(&mut store)?;
            let guest = G::load(&self.indices, &mut store, &instance)?;
            let state = self.state.load(&mut store, &instance)?;
            Ok((store, guest, state))
        });
        let (store, guest, state) = made.map_err(|error| self.explain("instantiate", error))?;
        Ok(Shell::new(store, guest, state, regions))
    }

    /// Who lives in a shell: by default nobody, under full limits.
    pub(crate) fn tenant(&self, served: G::Served) -> Tenant<G::Served> {
        Tenant {
            name: self.name.clone(),
            log: Log::new(self.name.clone(), &self.limits),
            served,
            limiter: Limiter::new(&self.limits),
            budget: HostBudget::new(&self.limits),
            clock: Clock::new(self.limits.call_ms),
        }
    }

    /// Gives a call its fuel or its time, and its own calls into the host.
    fn begin(&self, store: &mut Store<Tenant<G::Served>>, fuel: u64) -> wasmtime::Result<()> {
        store.data_mut().budget = HostBudget::new(&self.limits);
        match self.limits.pace {
            Pace::Fuel => store.set_fuel(fuel)?,
            Pace::Time => {
                let ticks = store.data_mut().clock.start();
                store.set_epoch_deadline(ticks);
            }
        }
        Ok(())
    }
}

/// Why an instance has a shell.
const DROPPED: &str = "only dropping takes the shell away";

/// An instance of a component.
pub(crate) struct Instance<G: Interface> {
    prepared: Arc<Prepared<G>>,
    /// None only while it is dropped.
    shell: Option<Shell<G>>,
    stopped: Option<&'static str>,
    /// Fuel of a policy that calls this instance; none where the host itself does.
    lent: Option<u64>,
}

impl<G: Interface> Instance<G> {
    pub(crate) fn new(prepared: &Arc<Prepared<G>>, served: G::Served) -> Result<Self, Error> {
        let mut shell = prepared.forks.fresh(prepared)?;
        shell.store.data_mut().served = served;
        Ok(Self::living_in(prepared, shell))
    }

    pub(crate) fn living_in(prepared: &Arc<Prepared<G>>, shell: Shell<G>) -> Self {
        Self {
            prepared: prepared.clone(),
            shell: Some(shell),
            stopped: None,
            lent: None,
        }
    }

    pub(crate) fn prepared(&self) -> &Arc<Prepared<G>> {
        &self.prepared
    }

    pub(crate) fn tenant(&mut self) -> &mut Tenant<G::Served> {
        self.shell().store.data_mut()
    }

    pub(crate) fn shell(&mut self) -> &mut Shell<G> {
        self.shell.as_mut().expect(DROPPED)
    }

    /// Calls an exported function with full fuel. A trap or an exhausted limit
    /// ends the instance.
    pub(crate) fn call<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(&G, &mut Store<Tenant<G::Served>>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.enter(function, |shell| run(&shell.guest, &mut shell.store))
    }

    /// The same for a function that may refuse.
    pub(crate) fn attempt<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(&G, &mut Store<Tenant<G::Served>>) -> wasmtime::Result<Result<R, types::Error>>,
    ) -> Result<R, Error> {
        self.call(function, run)?
            .map_err(|error| self.refused(function, error))
    }

    /// The component's state, in a form of its own.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.enter("snapshot", |shell| {
            shell.state.call_snapshot(&mut shell.store)
        })
    }

    /// Puts the component into a state that it snapshot.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.enter("restore", |shell| {
            shell.state.call_restore(&mut shell.store, bytes)
        })?
        .map_err(|error| self.refused("restore", error))
    }

    /// The fuel that the last call burned, and the memory held now, in bytes.
    pub(crate) fn used(&mut self) -> (u64, u64) {
        let limits = &self.prepared.limits;
        let (fuel, memory) = (limits.fuel, limits.memory_bytes);
        let store = &self.shell().store;
        let left = store.get_fuel().unwrap_or_default();
        (fuel - left, memory - store.data().limiter.memory_left())
    }

    /// The error for a refusal in the words of the contract.
    pub(crate) fn refused(&self, function: &'static str, error: types::Error) -> Error {
        Error::Guest {
            component: self.prepared.name.to_string(),
            function,
            error,
        }
    }

    /// The error for a result that the contract rules out.
    pub(crate) fn implausible(&self, function: &'static str, why: String) -> Error {
        Error::Implausible {
            component: self.prepared.name.to_string(),
            function,
            why,
        }
    }

    /// Has the next calls burn the fuel of the policy that makes them.
    pub(crate) fn lend(&mut self, fuel: Option<u64>) {
        self.lent = fuel;
    }

    /// What they have left of it.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        self.lent.take()
    }

    /// The error for a limit of the host's own.
    pub(crate) fn exceeded(&self, function: &'static str, limit: Limit) -> Error {
        self.prepared.exceeded(function, limit)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.prepared.limits
    }

    fn enter<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(&mut Shell<G>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.check(function)?;
        let shell = self.shell.as_mut().expect(DROPPED);
        shell.touch();
        let fuel = self.lent.unwrap_or(self.prepared.limits.fuel);
        let begun = self.prepared.begin(&mut shell.store, fuel);
        let result = begun.and_then(|()| run(shell));
        if let Some(left) = &mut self.lent {
            *left = shell.store.get_fuel().unwrap_or(0);
        }
        result.map_err(|error| {
            self.stop(function);
            self.prepared.explain(function, error)
        })
    }

    /// Ends the instance.
    pub(crate) fn stop(&mut self, function: &'static str) {
        self.stopped = Some(function);
    }

    /// Whether the instance still answers.
    pub(crate) fn check(&self, function: &'static str) -> Result<(), Error> {
        match self.stopped {
            None => Ok(()),
            Some(stopped) => Err(Error::Poisoned {
                component: self.prepared.name.to_string(),
                function,
                stopped,
            }),
        }
    }
}

/// The shell serves again, unless a call was broken off in it.
impl<G: Interface> Drop for Instance<G> {
    fn drop(&mut self) {
        if let Some(shell) = self.shell.take()
            && self.stopped.is_none()
        {
            self.prepared.forks.keep(&self.prepared, shell);
        }
    }
}

impl<G: Interface> Prepared<G> {
    /// Why a call ended early. An error of the host's own passes through: it
    /// was raised where the component called back.
    fn explain(&self, function: &'static str, error: wasmtime::Error) -> Error {
        let error = match error.downcast::<Error>() {
            Ok(own) => return own,
            Err(other) => other,
        };
        match exceeded(&error) {
            Some(limit) => self.exceeded(function, limit),
            None => Error::Trap {
                component: self.name.to_string(),
                function,
                why: ungranted::explained(&error),
            },
        }
    }

    fn exceeded(&self, function: &'static str, limit: Limit) -> Error {
        Error::LimitExceeded {
            component: self.name.to_string(),
            function,
            limit,
            value: limit.value(&self.limits),
        }
    }
}

/// The limit behind an error. Two of wasmtime's own have no type, only words.
fn exceeded(error: &wasmtime::Error) -> Option<Limit> {
    if let Some(Exceeded(limit)) = error.downcast_ref() {
        return Some(*limit);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return Some(Limit::Fuel),
        Some(Trap::StackOverflow) => return Some(Limit::Stack),
        _ => {}
    }
    let words = error.root_cause().to_string();
    if words.contains("fuel allocated for hostcalls") {
        Some(Limit::Transfer)
    } else if words.starts_with("resource limit exceeded") {
        Some(Limit::Instances)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
