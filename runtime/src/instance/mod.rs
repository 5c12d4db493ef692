//! Instances of components behind their limits. Every call of the host into a
//! component passes through here.

pub(crate) mod deadline;
pub(crate) mod fork;
pub(crate) mod interface;
pub(crate) mod linked_component;
pub(crate) mod log;
pub(crate) mod slot;
pub(crate) mod slot_pool;
pub(crate) mod store_data;
mod ungranted;

use std::sync::Arc;

use wasmtime::Store;

use self::interface::Interface;
use self::linked_component::LinkedComponent;
use self::slot::InstanceSlot;
use self::store_data::StoreData;
use crate::error::Error;
use crate::limits::{Limit, Limits};
use crate::types;

/// The reason why `slot` is never empty in a method.
const DROPPED: &str = "only dropping takes the slot away";

/// An instance of a component.
pub(crate) struct Instance<G: Interface> {
    component: Arc<LinkedComponent<G>>,
    /// None only while the instance is dropped.
    slot: Option<InstanceSlot<G>>,
    /// The function whose call was interrupted, if one was.
    poisoned_by: Option<&'static str>,
    /// The fuel of the policy that calls this instance; none if the host calls.
    shared_fuel: Option<u64>,
}

impl<G: Interface> Instance<G> {
    /// Returns a new instance of a component, with `host` behind its imports.
    pub(crate) fn new(component: &Arc<LinkedComponent<G>>, host: G::Host) -> Result<Self, Error> {
        let mut slot = component.fresh_slot()?;
        slot.store.data_mut().host = host;
        Ok(Self::from_slot(component, slot))
    }

    /// Returns the instance that is in a slot.
    pub(crate) fn from_slot(component: &Arc<LinkedComponent<G>>, slot: InstanceSlot<G>) -> Self {
        Self {
            component: component.clone(),
            slot: Some(slot),
            poisoned_by: None,
            shared_fuel: None,
        }
    }

    pub(crate) fn component(&self) -> &Arc<LinkedComponent<G>> {
        &self.component
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.component.limits()
    }

    pub(crate) fn data(&mut self) -> &mut StoreData<G::Host> {
        self.slot().store.data_mut()
    }

    pub(crate) fn slot(&mut self) -> &mut InstanceSlot<G> {
        self.slot.as_mut().expect(DROPPED)
    }

    /// Calls an exported function with full fuel. A trap or an exceeded limit ends
    /// the instance.
    pub(crate) fn call<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(&G, &mut Store<StoreData<G::Host>>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.enter(function, |slot| run(&slot.guest, &mut slot.store))
    }

    /// Calls an exported function that may refuse.
    pub(crate) fn call_fallible<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(
            &G,
            &mut Store<StoreData<G::Host>>,
        ) -> wasmtime::Result<Result<R, types::Error>>,
    ) -> Result<R, Error> {
        self.call(function, run)?
            .map_err(|error| self.refusal(function, error))
    }

    /// Returns the component's state in its own encoding.
    pub(crate) fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.enter("snapshot", |slot| slot.state.call_snapshot(&mut slot.store))
    }

    /// Restores a state that [`Instance::snapshot`] returned.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.enter("restore", |slot| {
            slot.state.call_restore(&mut slot.store, bytes)
        })?
        .map_err(|error| self.refusal("restore", error))
    }

    /// Returns the fuel that the last call burned, and the memory held now in bytes.
    pub(crate) fn used(&mut self) -> (u64, u64) {
        let limits = self.component.limits();
        let (fuel, memory) = (limits.fuel, limits.memory_bytes);
        let store = &self.slot().store;
        let left = store.get_fuel().unwrap_or_default();
        (fuel - left, memory - store.data().limiter.memory_left())
    }

    /// Makes the next calls burn the fuel of the policy that makes them.
    pub(crate) fn share_fuel(&mut self, fuel: Option<u64>) {
        self.shared_fuel = fuel;
    }

    /// Returns the rest of the shared fuel, and ends the sharing.
    pub(crate) fn reclaim_fuel(&mut self) -> Option<u64> {
        self.shared_fuel.take()
    }

    fn enter<R>(
        &mut self,
        function: &'static str,
        run: impl FnOnce(&mut InstanceSlot<G>) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        self.ensure_usable(function)?;
        let slot = self.slot.as_mut().expect(DROPPED);
        slot.mark_dirty();
        let fuel = self.shared_fuel.unwrap_or(self.component.limits().fuel);
        let begun = self.component.begin_call(&mut slot.store, fuel);
        let result = begun.and_then(|()| run(slot));
        if let Some(left) = &mut self.shared_fuel {
            *left = slot.store.get_fuel().unwrap_or(0);
        }
        result.map_err(|error| {
            self.poison(function);
            self.component.call_error(function, error)
        })
    }

    /// Ends the instance: its state cannot be trusted after an interrupted call.
    pub(crate) fn poison(&mut self, function: &'static str) {
        self.poisoned_by = Some(function);
    }

    /// Checks that no call was interrupted in this instance.
    pub(crate) fn ensure_usable(&self, function: &'static str) -> Result<(), Error> {
        match self.poisoned_by {
            None => Ok(()),
            Some(stopped) => Err(Error::Poisoned {
                component: self.component.name().to_string(),
                function,
                stopped,
            }),
        }
    }

    /// Returns the error for a refusal by the component.
    pub(crate) fn refusal(&self, function: &'static str, error: types::Error) -> Error {
        Error::Guest {
            component: self.component.name().to_string(),
            function,
            error,
        }
    }

    /// Returns the error for a result that the contract forbids.
    pub(crate) fn contract_violation(&self, function: &'static str, why: String) -> Error {
        Error::ContractViolation {
            component: self.component.name().to_string(),
            function,
            why,
        }
    }

    /// Returns the error for a limit that the host itself checks.
    pub(crate) fn limit_error(&self, function: &'static str, limit: Limit) -> Error {
        self.component.limit_error(function, limit)
    }
}

/// Recycles the slot, unless a call was interrupted in it.
impl<G: Interface> Drop for Instance<G> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take()
            && self.poisoned_by.is_none()
        {
            self.component.recycle(slot);
        }
    }
}

#[cfg(test)]
mod tests;
