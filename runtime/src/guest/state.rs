//! The export of every component: its state.

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use super::{Fallible, Function, Refusable, Versioned, exports_v0_1, v0_1};
use crate::bindings::state::{Guest, GuestIndices};

/// Indices of the functions in the component.
pub(crate) type StateIndices = Versioned<GuestIndices, ()>;

/// The functions of a component's state.
pub(crate) struct StateGuest(Versioned<Guest, OldState>);

/// The functions of a component's state in 0.1.
struct OldState {
    snapshot: Function<(), Vec<u8>>,
    restore: Fallible<(Vec<u8>,), ()>,
}

impl StateGuest {
    pub(crate) fn find<T: 'static>(pre: &InstancePre<T>) -> Result<StateIndices> {
        Ok(match exports_v0_1(pre, "state") {
            true => Versioned::V0_1(()),
            false => Versioned::Present(GuestIndices::new(pre)?),
        })
    }

    pub(crate) fn load<T: 'static>(
        indices: &StateIndices,
        store: &mut Store<T>,
        instance: &Instance,
    ) -> Result<Self> {
        Ok(Self(match indices {
            Versioned::Present(indices) => Versioned::Present(indices.load(store, instance)?),
            Versioned::V0_1(()) => Versioned::V0_1(OldState {
                snapshot: v0_1::function(&mut *store, instance, "state", "snapshot")?,
                restore: v0_1::function(&mut *store, instance, "state", "restore")?,
            }),
        }))
    }

    pub(crate) fn call_snapshot<T: 'static>(&self, store: &mut Store<T>) -> Result<Vec<u8>> {
        match &self.0 {
            Versioned::Present(state) => state.call_snapshot(store),
            Versioned::V0_1(state) => Ok(state.snapshot.call(store, ())?.0),
        }
    }

    pub(crate) fn call_restore<T: 'static>(
        &self,
        store: &mut Store<T>,
        bytes: &[u8],
    ) -> Result<Refusable<()>> {
        match &self.0 {
            Versioned::Present(state) => state.call_restore(store, bytes),
            Versioned::V0_1(state) => Ok(state.restore.call(store, (bytes.to_vec(),))?.0),
        }
    }
}
