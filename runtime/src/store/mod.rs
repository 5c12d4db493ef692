//! Stored states: an agent's memory, an episode's snapshot, and stores of both.

pub(crate) mod atomic_file;
pub(crate) mod memory;
pub(crate) mod memory_store;
pub(crate) mod snapshot;
pub(crate) mod snapshot_store;
