//! What a component may use up, and what happens when it does.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::ResourceLimiter;

const MIB: u64 = 1 << 20;

/// What every component may use up. All limits are on by default. A component
/// that runs into one ends the call with [`Error::LimitExceeded`], which names
/// the field here, and its instance answers no further calls; where a field says
/// otherwise, it says so.
///
/// Besides these, what nobody needs is refused when a component is loaded:
/// threads, 64-bit memories, garbage collection, exceptions, tail calls, relaxed
/// SIMD, and everything newer (see [`Sandbox`](crate::Sandbox)).
///
/// How deep a value nests needs no limit: the contract's types are not recursive.
/// Parts of a component nest 100 deep at most.
///
/// [`Error::LimitExceeded`]: crate::Error::LimitExceeded
///
/// ```
/// use memloom_runtime::types::{Insertion, Moment, Operation};
/// use memloom_runtime::{Error, Limit, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let limits = Limits {
///     fuel: 1_000_000,
///     ..Limits::default()
/// };
/// let sandbox = Sandbox::new(limits)?;
/// let mut bank = sandbox.bank("../target/components/flat.wasm")?.instantiate()?;
/// let at = Moment {
///     session: 1,
///     time: "3 May 2026".into(),
/// };
/// let long = Operation::Insert(Insertion {
///     text: "a word ".repeat(100_000),
///     speaker: "Ada".into(),
///     evidence: vec![],
///     vector: None,
/// });
/// let error = bank.apply(&at, &[long]).unwrap_err();
/// assert!(matches!(error, Error::LimitExceeded { limit: Limit::Fuel, .. }));
/// assert_eq!(
///     error.to_string(),
///     "flat: apply exceeded the limit fuel (1000000): mend the component or raise Limits::fuel"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of a component file, in bytes. A larger one is not read:
    /// [`Error::Load`]. Costs nothing. By default 64 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub component_bytes: u64,
    /// Code of all functions of a component, in bytes. More is not compiled:
    /// [`Error::Load`]. Costs a look at the file. By default 32 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub code_bytes: u64,
    /// Code of one function, in bytes. A larger one is not compiled:
    /// [`Error::Load`]. Costs a look at the file. By default 1 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub function_bytes: u64,
    /// Tangle of one function: for each of its blocks and branches, the variables
    /// and operands there times the square of one and the loops around it. This is what the compiler finds hard, so hard that a file of 20 KiB could
    /// take a machine down. A function with more is not compiled: [`Error::Load`].
    /// Costs a look at every instruction, about a hundredth of compiling it. By
    /// default 10 000 000.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub function_tangle: u64,
    /// The same over all functions of a component. By default 100 000 000.
    pub code_tangle: u64,
    /// Wall time of compiling a component, in milliseconds. One that takes
    /// longer is not loaded: [`Error::Load`]. What was begun goes on in threads
    /// of its own until it has ended, since a compiler cannot be interrupted;
    /// the three limits before this one see to it that it does end. Costs a few
    /// threads while it compiles. By default 120 000: two minutes.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub compile_ms: u64,
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
    /// What holds a call that does not end: [`Limits::fuel`] or
    /// [`Limits::call_ms`]. By default fuel.
    pub pace: Pace,
    /// Fuel for one call of the host into a component, in wasmtime's units:
    /// about one an executed instruction, and one for each byte that is copied
    /// or filled at once. What a policy calls in its bank or its environment
    /// burns the policy's fuel. The same call burns the same fuel on every
    /// machine, so that a run fails everywhere or nowhere. It bounds time only
    /// roughly: reads that miss every cache take some twenty times as long as
    /// other instructions. Costs about a tenth of the guest's speed. Counts at
    /// [`Pace::Fuel`] only. By default 20 000 000 000, some ten seconds.
    pub fuel: u64,
    /// Wall time of one call of the host into a component, in milliseconds,
    /// without what it waits for the model and the embedder. What a policy calls
    /// in its bank or its environment has this time anew. It ends a call up to
    /// 20 ms late. Costs less than fuel does, and a thread that wakes a hundred
    /// times a second. Counts at [`Pace::Time`] only. By default 10 000: ten
    /// seconds.
    pub call_ms: u64,
    /// Native stack of one call, in bytes. A bank that is called by a policy
    /// has its own, so that a thread needs twice this and some for the host.
    /// Costs nothing. By default 512 KiB.
    pub stack_bytes: u64,
    /// What a component may hand to the host at once, in bytes as the host
    /// holds them: the arguments of one call, or one result, however long its
    /// lists and strings are. Costs a subtraction for each of them. By default
    /// 64 MiB.
    pub transfer_bytes: u64,
    /// Calls of a component into the host during one call of the host into it.
    /// Costs a subtraction for each. By default 100 000.
    pub host_calls: u64,
    /// What these calls may carry in sum, there and back, in bytes as a trace
    /// would hold them. Costs a walk over what is carried. By default 256 MiB.
    pub host_bytes: u64,
    /// Sessions that an episode of an environment may have. One with more is not
    /// opened; its instance goes on. Costs nothing. By default 100 000.
    pub sessions: u32,
    /// Log lines that are kept of an instance; further ones are dropped without
    /// an error. Costs their memory. By default 1000.
    pub log_lines: u32,
    /// Text of these lines, in bytes, of which each is cut to 1000 characters.
    /// What does not fit is dropped without an error. Costs its memory. By
    /// default 256 KiB.
    pub log_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 64 * MIB,
            code_bytes: 32 * MIB,
            function_bytes: MIB,
            function_tangle: 10_000_000,
            code_tangle: 100_000_000,
            compile_ms: 120_000,
            memory_bytes: 256 * MIB,
            table_elements: 100_000,
            instances: 100,
            pace: Pace::Fuel,
            fuel: 20_000_000_000,
            call_ms: 10_000,
            stack_bytes: MIB / 2,
            transfer_bytes: 64 * MIB,
            host_calls: 100_000,
            host_bytes: 256 * MIB,
            sessions: 100_000,
            log_lines: 1000,
            log_bytes: MIB / 4,
        }
    }
}

/// What holds a call that does not end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// [`Limits::fuel`]: deterministic.
    #[default]
    Fuel,
    /// [`Limits::call_ms`]: faster, and exact in time, but the same call may end
    /// well on one machine and not on another.
    Time,
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
    /// [`Limits::call_ms`].
    Time,
    /// [`Limits::stack_bytes`].
    Stack,
    /// [`Limits::transfer_bytes`].
    Transfer,
    /// [`Limits::host_calls`].
    HostCalls,
    /// [`Limits::host_bytes`].
    HostBytes,
    /// [`Limits::sessions`].
    Sessions,
}

impl Limit {
    /// What the limit is set to.
    pub fn value(self, limits: &Limits) -> u64 {
        match self {
            Self::Memory => limits.memory_bytes,
            Self::Table => limits.table_elements,
            Self::Instances => limits.instances.into(),
            Self::Fuel => limits.fuel,
            Self::Time => limits.call_ms,
            Self::Stack => limits.stack_bytes,
            Self::Transfer => limits.transfer_bytes,
            Self::HostCalls => limits.host_calls,
            Self::HostBytes => limits.host_bytes,
            Self::Sessions => limits.sessions.into(),
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
            Self::Time => "call_ms",
            Self::Stack => "stack_bytes",
            Self::Transfer => "transfer_bytes",
            Self::HostCalls => "host_calls",
            Self::HostBytes => "host_bytes",
            Self::Sessions => "sessions",
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

    /// Bytes of memory that the instance may still grow by.
    pub(crate) fn memory_left(&self) -> u64 {
        self.memory
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

/// What is left to one call of the host into a component, of its own calls into
/// the host.
pub(crate) struct HostBudget {
    calls: u64,
    bytes: u64,
}

impl HostBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            calls: limits.host_calls,
            bytes: limits.host_bytes,
        }
    }

    /// Takes off a call.
    pub(crate) fn call(&mut self) -> Result<(), Exceeded> {
        let left = self.calls.checked_sub(1);
        self.calls = left.ok_or(Exceeded(Limit::HostCalls))?;
        Ok(())
    }

    /// Takes off what a call carries.
    pub(crate) fn carry(&mut self, carried: &impl Serialize) -> Result<(), Exceeded> {
        // Its size is what the value takes in a trace; counting cannot fail.
        let size = postcard::experimental::serialized_size(carried).unwrap_or(usize::MAX);
        let left = self.bytes.checked_sub(size as u64);
        self.bytes = left.ok_or(Exceeded(Limit::HostBytes))?;
        Ok(())
    }
}
