//! Forks of one instance: further instances in the same state, which then change
//! on their own.
//!
//! If the memories of a component are all of its state, a fork takes an idle slot and
//! maps the state over its memories; the kernel copies a page when it is first written. [`forkable`](crate::load::forkability::forkable) decides that for
//! each component. Other components are forked through their `snapshot` and
//! `restore` exports, by the same calls.
//!
//! This is sound since no wasm runs in an instance between two calls, which Rust's
//! borrows ensure, and since a slot is never used again after an interrupted call.

use std::sync::Arc;

use super::Instance;
use super::interface::Interface;
use super::linked_component::{LinkedComponent, MemoryState};
use crate::error::Error;

/// A state of one component from which forks start.
pub(crate) struct InstanceForkPoint<G: Interface> {
    component: Arc<LinkedComponent<G>>,
    state: SavedState,
}

enum SavedState {
    Memory(MemoryState),
    Exported(Vec<u8>),
}

impl<G: Interface> InstanceForkPoint<G> {
    /// Captures an instance's state.
    pub(crate) fn capture(instance: &mut Instance<G>) -> Result<Self, Error> {
        let component = instance.component().clone();
        let state = if component.forks_by_memory() {
            instance.ensure_usable("snapshot")?;
            let captured = component.capture(instance.slot());
            SavedState::Memory(captured.inspect_err(|_| instance.poison("fork"))?)
        } else {
            SavedState::Exported(instance.snapshot()?)
        };
        Ok(Self { component, state })
    }

    /// Returns an instance in this state. `prepare` runs before `restore`, where
    /// the fork goes through exports.
    pub(crate) fn fork(
        &self,
        host: G::Host,
        prepare: impl FnOnce(&mut Instance<G>) -> Result<(), Error>,
    ) -> Result<Instance<G>, Error> {
        match &self.state {
            SavedState::Memory(state) => {
                let mut slot = self.component.slot_in(state)?;
                slot.store.data_mut().host = host;
                Ok(Instance::from_slot(&self.component, slot))
            }
            SavedState::Exported(bytes) => {
                let mut instance = Instance::new(&self.component, host)?;
                prepare(&mut instance)?;
                instance.restore(bytes)?;
                Ok(instance)
            }
        }
    }
}

#[cfg(test)]
mod tests;
