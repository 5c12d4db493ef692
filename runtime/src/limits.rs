//! What a component may use up, and what happens when it does.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::ResourceLimiter;

const MIB: u64 = 1 << 20;

/// What every component may use up. All limits are on by default; a component
/// that runs into one ends the call with [`Error::LimitExceeded`], which names
/// the field here, and its instance answers no further calls.
///
/// Besides these, threads, 64-bit memories, garbage collection, exceptions and
/// relaxed SIMD are refused when a component is loaded, and no WASI is granted.
/// Compiling is not limited in time: load components that nobody vouches for
/// apart from a process that serves.
///
/// [`Error::LimitExceeded`]: crate::Error::LimitExceeded
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of a component file, in bytes. A larger one is not read:
    /// [`Error::Load`]. Costs nothing. By default 64 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub component_bytes: u64,
    /// Linear memory of an instance, in bytes, over all its memories. Growing
    /// beyond it ends the call. Costs nothing until the memory is touched. By
    /// default 256 MiB.
    pub memory_bytes: u64,
    /// Elements of an instance's tables, over all of them. Growing beyond it
    /// ends the call. Costs nothing. By default 100 000.
    pub table_elements: u64,
    /// Core instances, memories and tables that one component may be made of;
    /// more of either is refused when it is instantiated. Costs nothing. By
    /// default 100.
    pub instances: u32,
    /// Fuel for one call of the host into a component, in wasmtime's units:
    /// about one an executed instruction. The same call burns the same fuel on
    /// every machine, so that a run fails everywhere or nowhere. A policy's
    /// calls into its bank are filled up anew. Costs about a tenth of the
    /// guest's speed. By default 20 000 000 000, some ten seconds.
    pub fuel: u64,
    /// Native stack of one call, in bytes. A bank that is called by a policy
    /// has its own, so that a thread needs twice this and some for the host.
    /// Costs nothing. By default 512 KiB.
    pub stack_bytes: u64,
    /// What a component may hand to the host at once, in bytes as the host
    /// holds them: the arguments of one call, or one result. Costs a
    /// subtraction for each string and list. By default 64 MiB.
    pub transfer_bytes: u64,
    /// Log lines that are kept of an instance; further ones are dropped without
    /// an error. Costs their memory. By default 1000.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 64 * MIB,
            memory_bytes: 256 * MIB,
            table_elements: 100_000,
            instances: 100,
            fuel: 20_000_000_000,
            stack_bytes: MIB / 2,
            transfer_bytes: 64 * MIB,
            log_lines: 1000,
        }
    }
}

/// A limit that a running component can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// [`Limits::memory_bytes`].
    Memory,
    /// [`Limits::table_elements`].
    Table,
    /// [`Limits::instances`].
    Instances,
    /// [`Limits::fuel`].
    Fuel,
    /// [`Limits::stack_bytes`].
    Stack,
    /// [`Limits::transfer_bytes`].
    Transfer,
}

impl Limit {
    /// What the limit is set to.
    pub fn value(self, limits: &Limits) -> u64 {
        match self {
            Self::Memory => limits.memory_bytes,
            Self::Table => limits.table_elements,
            Self::Instances => limits.instances.into(),
            Self::Fuel => limits.fuel,
            Self::Stack => limits.stack_bytes,
            Self::Transfer => limits.transfer_bytes,
        }
    }
}

/// The name of the field of [`Limits`].
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory_bytes",
            Self::Table => "table_elements",
            Self::Instances => "instances",
            Self::Fuel => "fuel",
            Self::Stack => "stack_bytes",
            Self::Transfer => "transfer_bytes",
        })
    }
}

/// How wasmtime is told that a limit ends the call.
#[derive(Debug, thiserror::Error)]
#[error("the limit {0} is exceeded")]
pub(crate) struct Exceeded(pub(crate) Limit);

/// What is left to an instance of its memory and tables.
#[derive(Clone)]
pub(crate) struct Limiter {
    memory: u64,
    table: u64,
    instances: usize,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: limits.memory_bytes,
            table: limits.table_elements,
            instances: limits.instances as usize,
        }
    }
}

/// Takes growth off what is left; false where the component's own maximum
/// forbids it, which is no error.
fn grow(
    left: &mut u64,
    limit: Limit,
    current: usize,
    desired: usize,
    maximum: Option<usize>,
) -> wasmtime::Result<bool> {
    if maximum.is_some_and(|maximum| desired > maximum) {
        return Ok(false);
    }
    let growth = (desired - current) as u64;
    *left = left
        .checked_sub(growth)
        .ok_or_else(|| wasmtime::Error::new(Exceeded(limit)))?;
    Ok(true)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        grow(&mut self.memory, Limit::Memory, current, desired, maximum)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        grow(&mut self.table, Limit::Table, current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}
