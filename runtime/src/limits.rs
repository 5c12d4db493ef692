//! Limits on the resources of components.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::ResourceLimiter;

const MIB: u64 = 1 << 20;

/// Limits on the resources of every component. All are on by default. A component
/// that exceeds one ends the call with [`Error::LimitExceeded`], which names the
/// field, and its instance is unusable afterwards, unless the field says otherwise.
///
/// WebAssembly features without use for guests are refused when a component is
/// loaded: threads, 64-bit memories, garbage collection, exceptions, tail calls,
/// relaxed SIMD, and everything newer (see [`Sandbox`](crate::Sandbox)).
///
/// The nesting of values needs no limit: the contract's types are not recursive.
/// Components nest 100 deep at most.
///
/// [`Error::LimitExceeded`]: crate::Error::LimitExceeded
///
/// ```
/// use memloom_runtime::types::{Moment, Operation};
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
/// let long = Operation::insert("a word ".repeat(100_000), "Ada", vec![]);
/// let error = bank.apply(&at, &[long]).unwrap_err();
/// assert!(matches!(error, Error::LimitExceeded { limit: Limit::Fuel, .. }));
/// assert_eq!(
///     error.to_string(),
///     "flat: apply exceeded its fuel limit (1000000); fix the component or raise `limits.fuel`"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of a component file, in bytes. A larger file is not read:
    /// [`Error::Load`]. Costs nothing. By default 64 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub component_bytes: u64,
    /// Code of all functions of a component, in bytes. A component with more is not
    /// compiled: [`Error::Load`]. Costs a pass over the file. By default 32 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub code_bytes: u64,
    /// Code of one function, in bytes. A component with a larger one is not compiled:
    /// [`Error::Load`]. Costs a pass over the file. By default 1 MiB.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub function_bytes: u64,
    /// Compile complexity of one function: the sum, over blocks and branches, of
    /// (locals + stack operands) × (1 + loop depth)². Compile time follows this, not
    /// code size: a file of 20 KiB could exhaust a machine. A function above it is not
    /// compiled: [`Error::Load`]. Costs a pass over the code, about a hundredth of
    /// compiling it. By default 10 000 000.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub function_complexity: u64,
    /// Compile complexity of a component: the sum over its functions. By default
    /// 100 000 000.
    pub code_complexity: u64,
    /// Wall time of compiling a component, in milliseconds. A component that takes
    /// longer is not loaded: [`Error::Load`]. A compiler cannot be interrupted, so the
    /// compilation continues in threads of its own; the limits before this one ensure
    /// that it ends. Costs a few threads during compilation. By default 120 000: two
    /// minutes.
    ///
    /// [`Error::Load`]: crate::Error::Load
    pub compile_ms: u64,
    /// Linear memory of an instance, in bytes, over all its memories. Growing
    /// beyond it ends the call. Costs nothing until the memory is used. By default
    /// 256 MiB.
    pub memory_bytes: u64,
    /// Elements of an instance's tables, over all of them. Growing beyond it
    /// ends the call. Costs nothing. By default 100 000.
    pub table_elements: u64,
    /// The number of core instances, of memories and of tables of one component. A
    /// component with more is refused when it is instantiated. Costs nothing. By
    /// default 100.
    pub instances: u32,
    /// The limit that ends an endless call: [`Limits::fuel`] or [`Limits::call_ms`].
    /// By default fuel.
    pub pace: Pace,
    /// Fuel for one call of the host into a component, in wasmtime's units:
    /// about one for each instruction, and one for each byte of a bulk copy or fill.
    /// Calls of a policy into its bank or environment burn the policy's fuel. The same
    /// call burns the same fuel on every machine, so a run fails everywhere or
    /// nowhere. Fuel bounds time only roughly: reads that miss every cache take some
    /// twenty times as long as other instructions. Costs about a tenth of the guest's
    /// speed. Counts at [`Pace::Fuel`] only. By default 20 000 000 000, some ten
    /// seconds.
    pub fuel: u64,
    /// Wall time of one call of the host into a component, in milliseconds,
    /// without waits for the model and the embedder. A call of a policy into its bank
    /// or environment has this time anew. Calls end up to 20 ms late. Costs less than
    /// fuel, and a thread that wakes a hundred times a second. Counts at
    /// [`Pace::Time`] only. By default 10 000: ten seconds.
    pub call_ms: u64,
    /// Native stack of one call, in bytes. A bank that a policy calls has its own, so a
    /// thread needs twice this and some for the host. Costs nothing. By default
    /// 512 KiB.
    pub stack_bytes: u64,
    /// Size of one transfer from a component to the host, in bytes as the host holds
    /// them: the arguments of one call, or one result. Costs a subtraction for each
    /// list and string. By default 64 MiB.
    pub transfer_bytes: u64,
    /// The number of calls into the host during one call of the host into a component.
    /// Costs a subtraction for each. By default 100 000.
    pub host_calls: u64,
    /// Size of the arguments and results of these calls together, in bytes as a trace
    /// holds them. Costs a walk over these values. By default 256 MiB.
    pub host_bytes: u64,
    /// The number of sessions of an episode. An episode with more is not opened; the
    /// environment stays usable. Costs nothing. By default 100 000.
    pub sessions: u32,
    /// The number of log lines that are kept of an instance. Further lines are dropped
    /// without an error. Costs their memory. By default 1000.
    pub log_lines: u32,
    /// Size of these lines, in bytes; each is cut to 1000 characters. A line that does
    /// not fit is dropped without an error. Costs their memory. By default 256 KiB.
    pub log_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 64 * MIB,
            code_bytes: 32 * MIB,
            function_bytes: MIB,
            function_complexity: 10_000_000,
            code_complexity: 100_000_000,
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

/// The limit that ends an endless call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// [`Limits::fuel`]: deterministic.
    #[default]
    Fuel,
    /// [`Limits::call_ms`]: faster, and exact in time, but the same call may succeed on
    /// one machine and fail on another.
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
    /// Returns the limit's value.
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

/// Displays the name of the field of [`Limits`].
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

/// The error that wasmtime gets for an exceeded limit.
#[derive(Debug, thiserror::Error)]
#[error("exceeded the {0} limit")]
pub(crate) struct Exceeded(pub(crate) Limit);

/// The rest of an instance's limits on memory and tables.
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

    /// Returns the bytes by which the instance's memory may still grow.
    pub(crate) fn memory_left(&self) -> u64 {
        self.memory
    }
}

/// Subtracts growth from the rest of a limit. Returns false if the component's own
/// maximum forbids it, which is no error.
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

/// The rest of a call's budget for calls into the host.
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

    /// Subtracts a call.
    pub(crate) fn call(&mut self) -> Result<(), Exceeded> {
        let left = self.calls.checked_sub(1);
        self.calls = left.ok_or(Exceeded(Limit::HostCalls))?;
        Ok(())
    }

    /// Subtracts the size of an argument or a result.
    pub(crate) fn carry(&mut self, carried: &impl Serialize) -> Result<(), Exceeded> {
        // Size as a trace encodes it. Counting cannot fail.
        let size = postcard::experimental::serialized_size(carried).unwrap_or(usize::MAX);
        let left = self.bytes.checked_sub(size as u64);
        self.bytes = left.ok_or(Exceeded(Limit::HostBytes))?;
        Ok(())
    }
}
