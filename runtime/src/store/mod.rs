//! States of agents and episodes, in memory and on disk.

pub(crate) mod atomic_file;
pub(crate) mod memory;
pub(crate) mod memory_store;
pub(crate) mod snapshot;
pub(crate) mod snapshot_store;
