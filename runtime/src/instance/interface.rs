//! The exports of each kind of component, with typed calls.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::store_data::StoreData;
use crate::kind::Kind;

/// The export that makes a component one of a kind, with generated typed calls.
pub(crate) trait Interface: Sized + Send + 'static {
    /// The kind of a component that exports it.
    const KIND: Kind;
    /// The host behind the component's imports. The default serves instances that
    /// are made only to check the component's types.
    type Host: Default + 'static;
    /// Indices of the functions in the component.
    type Indices: Send + Sync;

    fn find(pre: &InstancePre<StoreData<Self::Host>>) -> wasmtime::Result<Self::Indices>;

    fn load(
        indices: &Self::Indices,
        store: &mut Store<StoreData<Self::Host>>,
        instance: &Instance,
    ) -> wasmtime::Result<Self>;
}
