//! Errors. Each message says where something failed and what to do.

use crate::kind::Kind;
use crate::limits::Limit;
use crate::model::ModelError;
use crate::types;

/// An error between the host and its components.
///
/// `Send` and `Sync`. Displays as one line: the place, the failure, and the remedy.
///
/// ```
/// use memloom_runtime::{Error, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let error = Sandbox::new(Limits::default())?.bank("nowhere.wasm").err().unwrap();
/// assert!(matches!(error, Error::Load { .. }));
/// assert_eq!(
///     error.to_string(),
///     "cannot load nowhere.wasm: No such file or directory (os error 2)"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine could not be set up.
    #[error("cannot set up the sandbox: {why}")]
    Sandbox {
        /// Wasmtime's message.
        why: String,
    },
    /// A file or bytes that cannot be loaded as a component.
    #[error("cannot load {component}: {why}")]
    Load {
        /// The file, or the name of the bytes.
        component: String,
        /// The reason.
        why: String,
    },
    /// A component of another kind than the requested one.
    #[error("{component} is {}: {why}", mismatch(*found, *wanted))]
    WrongKind {
        /// The file, or the name of the bytes.
        component: String,
        /// The kind as which it was loaded.
        wanted: Kind,
        /// The kind that it is.
        found: Kind,
        /// The export or import that does not fit.
        why: String,
    },
    /// The machine lacks a resource for a fork: memory; memory mappings, of which every
    /// instance has a few (see `vm.max_map_count`); open files, of which every kept
    /// state has one for each memory (see `ulimit -n`).
    #[error("cannot fork {component}: {why}")]
    Fork {
        /// The component's name.
        component: String,
        /// The system's message.
        why: String,
    },
    /// A component trapped: it panicked, or called the host with invalid values.
    #[error("{component}: {function} trapped: {why}")]
    Trap {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// Wasmtime's message.
        why: String,
    },
    /// A component exceeded a limit.
    #[error(
        "{component}: {function} exceeded its {limit} limit ({value}); fix the component or raise `limits.{limit}`"
    )]
    LimitExceeded {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// The limit.
        limit: Limit,
        /// Its value.
        value: u64,
    },
    /// A call of the instance was interrupted before, so its state cannot be trusted.
    #[error(
        "{component}: cannot call {function}: this instance stopped in {stopped} and is unusable; create a new one"
    )]
    Poisoned {
        /// The component's name.
        component: String,
        /// The function that cannot be called.
        function: &'static str,
        /// The function whose call was interrupted.
        stopped: &'static str,
    },
    /// A component refused with an error of the contract.
    #[error("{component}: {function}: {}", refusal_text(error))]
    Guest {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// The component's error.
        error: types::Error,
    },
    /// A component returned a result that the contract forbids.
    #[error("{component}: {function} violated the contract: {why}")]
    ContractViolation {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// The violation.
        why: String,
    },
    /// A component called the host at a moment when the contract forbids it.
    #[error("{component}: {function} may not be called {when}")]
    Forbidden {
        /// The component's name.
        component: String,
        /// The function of the host.
        function: &'static str,
        /// The moment.
        when: &'static str,
    },
    /// The language model failed, and the policy gave up.
    #[error("the model failed as {role} (session {session}, call {step}): {error}")]
    Model {
        /// The role of the request.
        role: String,
        /// The session; 0 for a question.
        session: u32,
        /// The number of calls before it in this session or question.
        step: u32,
        /// The model's error.
        error: ModelError,
    },
    /// The embedder failed, or its vectors do not fit its texts.
    #[error("the embedder failed: {why}")]
    Embedder {
        /// The reason.
        why: String,
    },
    /// A policy is checked without a bank and an environment.
    #[error(
        "{component}: checking a policy needs a bank and an environment: pass --config RUN.toml"
    )]
    MissingFixture {
        /// The component's name.
        component: String,
    },
    /// A trace that cannot be written or read.
    #[error("cannot {action} the trace {path}: {why}")]
    Trace {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// A file that an episode needs is missing or has other content.
    #[error("cannot set up the episode: {part} {path}: {why}")]
    Setup {
        /// `bank`, `environment`, `policy` or `data file`.
        part: &'static str,
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// A state that cannot be saved to or loaded from a [`SnapshotStore`].
    ///
    /// [`SnapshotStore`]: crate::SnapshotStore
    #[error("cannot {action} the state {name} in {folder}: {why}")]
    SnapshotStore {
        /// `save` or `load`.
        action: &'static str,
        /// The state's name.
        name: String,
        /// The store's folder.
        folder: String,
        /// The reason.
        why: String,
    },
    /// An operation of a [`MemoryStore`] that failed.
    ///
    /// [`MemoryStore`]: crate::MemoryStore
    #[error("cannot {action} in {path}: {why}")]
    MemoryStore {
        /// The operation.
        action: String,
        /// The store's file.
        path: String,
        /// The reason.
        why: String,
    },
    /// A [`Worker`] that cannot start or has stopped.
    ///
    /// [`Worker`]: crate::Worker
    #[error("worker failed: {why}")]
    Worker {
        /// The reason.
        why: String,
    },
    /// A trace that cannot be replayed.
    #[error("cannot replay: {why}")]
    Replay {
        /// The reason.
        why: String,
    },
}

/// Compares the kinds in words.
fn mismatch(found: Kind, wanted: Kind) -> String {
    if found == wanted {
        format!("{} that cannot run here", wanted.with_article())
    } else if found == Kind::Unknown {
        format!("not {}", wanted.with_article())
    } else {
        format!("{}, not {}", found.with_article(), wanted.with_article())
    }
}

/// Returns a refusal as text.
pub(crate) fn refusal_text(error: &types::Error) -> String {
    match error {
        types::Error::Unknown(what) => format!("unknown: {what}"),
        types::Error::Invalid(what) => format!("invalid: {what}"),
        types::Error::Unsupported(what) => format!("unsupported: {what}"),
    }
}
