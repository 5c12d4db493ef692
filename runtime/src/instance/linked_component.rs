//! A compiled and linked component, from which instances are made.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};

use super::deadline::Clock;
use super::interface::Interface;
use super::log::Log;
use super::slot::InstanceSlot;
use super::slot_pool::SlotPool;
use super::store_data::StoreData;
use super::ungranted;
use crate::cow::image::MemoryImage;
use crate::cow::mapped_memory::with_memory_sizes;
use crate::error::Error;
use crate::guest::StateGuest;
use crate::guest::state::StateIndices;
use crate::limits::{Exceeded, HostBudget, Limit, Limiter, Limits, Pace};

/// A compiled and linked component.
pub(crate) struct LinkedComponent<G: Interface> {
    name: Arc<str>,
    limits: Limits,
    pre: InstancePre<StoreData<G::Host>>,
    indices: G::Indices,
    state: StateIndices,
    /// The state of a new instance; none if memory is not all of the state, so
    /// that forks go through exports.
    pristine: Option<MemoryState>,
    idle: Mutex<SlotPool<G>>,
}

/// The state of an instance whose memories are all of it, and the rest of its
/// limits.
pub(crate) struct MemoryState {
    image: Arc<MemoryImage>,
    limiter: Limiter,
}

impl MemoryState {
    fn capture<G: Interface>(slot: &mut InstanceSlot<G>) -> io::Result<Self> {
        Ok(Self {
            image: slot.capture_image()?,
            limiter: slot.store.data().limiter.clone(),
        })
    }
}

impl<G: Interface> LinkedComponent<G> {
    /// Links a component, and instantiates it to check the types of its functions
    /// against the contract. The error says which does not fit.
    pub(crate) fn new(
        name: &str,
        limits: &Limits,
        linker: &Linker<StoreData<G::Host>>,
        component: &Component,
        memory_is_all: bool,
    ) -> Result<Arc<Self>, String> {
        let unfit = |error: wasmtime::Error| format!("{error:#}");
        let pre = linker.instantiate_pre(component).map_err(unfit)?;
        let indices = G::find(&pre).map_err(unfit)?;
        let state = StateGuest::find(&pre).map_err(unfit)?;
        let mut linked = Self {
            name: name.into(),
            limits: limits.clone(),
            pre,
            indices,
            state,
            pristine: None,
            idle: Mutex::new(SlotPool::new()),
        };
        let slot = linked.new_slot(&[]).map_err(|error| error.to_string())?;
        if memory_is_all {
            linked.pristine = linked
                .pristine_state(slot)
                .map_err(|error| error.to_string())?;
        }
        Ok(Arc::new(linked))
    }

    /// Captures the state of a new instance. Returns none if starting grows a
    /// memory: the lengths of such a memory cannot be chosen beforehand.
    fn pristine_state(&self, mut new: InstanceSlot<G>) -> Result<Option<MemoryState>, Error> {
        let pristine = self.capture(&mut new)?;
        let again = self.new_slot(pristine.image.lengths())?;
        let fits = again.lengths() == pristine.image.lengths();
        Ok(fits.then_some(pristine))
    }

    /// Returns the component's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the limits of its instances.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns whether forks map memory, instead of calling exports.
    pub(crate) fn forks_by_memory(&self) -> bool {
        self.pristine.is_some()
    }

    /// Captures the state of an instance whose memories are all of it.
    pub(crate) fn capture(&self, slot: &mut InstanceSlot<G>) -> Result<MemoryState, Error> {
        MemoryState::capture(slot).map_err(|error| self.fork_error(&error))
    }

    /// Returns a slot in the state of a new instance.
    pub(crate) fn fresh_slot(&self) -> Result<InstanceSlot<G>, Error> {
        match &self.pristine {
            Some(pristine) => self.slot_in(pristine),
            None => self.new_slot(&[]),
        }
    }

    /// Returns a slot in a state.
    pub(crate) fn slot_in(&self, state: &MemoryState) -> Result<InstanceSlot<G>, Error> {
        let lengths = state.image.lengths();
        let idle = self.idle().take(lengths);
        let mut slot = match idle {
            Some(slot) => slot,
            None => self.new_slot(lengths)?,
        };
        let mapped = slot.map_image(&state.image);
        mapped.map_err(|error| self.fork_error(&error))?;
        let data = slot.store.data_mut();
        *data = self.store_data();
        data.limiter = state.limiter.clone();
        Ok(slot)
    }

    /// Keeps a slot for the next instance. No call in it may have been interrupted.
    pub(crate) fn recycle(&self, mut slot: InstanceSlot<G>) {
        if !self.forks_by_memory() {
            return;
        }
        *slot.store.data_mut() = self.store_data();
        // A slot that still holds a state must not reach another instance.
        if slot.clear().is_ok() {
            let surplus = self.idle().put(slot);
            drop(surplus);
        }
    }

    pub(crate) fn idle(&self) -> MutexGuard<'_, SlotPool<G>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an instance with memories of these lengths; those beyond `lengths`
    /// have their least length.
    fn new_slot(&self, lengths: &[usize]) -> Result<InstanceSlot<G>, Error> {
        let (made, memories) = with_memory_sizes(lengths, || {
            let mut store = Store::new(self.pre.engine(), self.store_data());
            store.limiter(|data| &mut data.limiter);
            let transfer = self.limits.transfer_bytes;
            store.set_hostcall_fuel(usize::try_from(transfer).unwrap_or(usize::MAX));
            if self.limits.pace == Pace::Time {
                store.epoch_deadline_callback(check_deadline);
            }
            self.begin_call(&mut store, self.limits.fuel)?;
            let instance = self.pre.instantiate(&mut store)?;
            let guest = G::load(&self.indices, &mut store, &instance)?;
            let state = StateGuest::load(&self.state, &mut store, &instance)?;
            Ok((store, guest, state))
        });
        let (store, guest, state) = made.map_err(|error| self.call_error("instantiate", error))?;
        Ok(InstanceSlot::new(store, guest, state, memories))
    }

    /// Fresh store data for a slot: full limits, the default host.
    fn store_data(&self) -> StoreData<G::Host> {
        StoreData {
            name: self.name.clone(),
            log: Log::new(self.name.clone(), &self.limits),
            host: G::Host::default(),
            limiter: Limiter::new(&self.limits),
            budget: HostBudget::new(&self.limits),
            clock: Clock::new(self.limits.call_ms),
        }
    }

    /// Gives a call its fuel or its deadline, and its budget of host calls.
    pub(crate) fn begin_call(
        &self,
        store: &mut Store<StoreData<G::Host>>,
        fuel: u64,
    ) -> wasmtime::Result<()> {
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

    /// Returns the error for a call that ended early. An error of the host's own
    /// passes through: it was raised where the component called back.
    pub(crate) fn call_error(&self, function: &'static str, error: wasmtime::Error) -> Error {
        let error = match error.downcast::<Error>() {
            Ok(own) => return own,
            Err(other) => other,
        };
        match exceeded_limit(&error) {
            Some(limit) => self.limit_error(function, limit),
            None => Error::Trap {
                component: self.name.to_string(),
                function,
                why: ungranted::explained(&error),
            },
        }
    }

    /// Returns the error for an exceeded limit.
    pub(crate) fn limit_error(&self, function: &'static str, limit: Limit) -> Error {
        Error::LimitExceeded {
            component: self.name.to_string(),
            function,
            limit,
            value: limit.value(&self.limits),
        }
    }

    fn fork_error(&self, error: &io::Error) -> Error {
        Error::Fork {
            component: self.name.to_string(),
            why: error.to_string(),
        }
    }
}

/// Ends a call whose time is up. Wasmtime calls it when the call's ticks are over.
fn check_deadline<H>(
    caller: StoreContextMut<'_, StoreData<H>>,
) -> wasmtime::Result<UpdateDeadline> {
    match caller.data().clock.ticks_left() {
        Some(ticks) => Ok(UpdateDeadline::Continue(ticks)),
        None => Err(wasmtime::Error::new(Exceeded(Limit::Time))),
    }
}

/// Returns the limit behind an error. Two of wasmtime's own errors have no type,
/// only a message.
fn exceeded_limit(error: &wasmtime::Error) -> Option<Limit> {
    if let Some(Exceeded(limit)) = error.downcast_ref() {
        return Some(*limit);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return Some(Limit::Fuel),
        Some(Trap::StackOverflow) => return Some(Limit::Stack),
        _ => {}
    }
    let message = error.root_cause().to_string();
    if message.contains("fuel allocated for hostcalls") {
        Some(Limit::Transfer)
    } else if message.starts_with("resource limit exceeded") {
        Some(Limit::Instances)
    } else {
        None
    }
}
