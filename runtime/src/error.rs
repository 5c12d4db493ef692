//! What can go wrong, said so that a reader knows where and what to do.

use crate::load::inspect::Kind;
use crate::limits::Limit;
use crate::model::ModelError;
use crate::types;

/// What can go wrong between a host and its components.
///
/// `Send` and `Sync`. Displays as one line: what failed, where, and what to do.
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
        /// What wasmtime said.
        why: String,
    },
    /// A file or bytes that are no component which can run here.
    #[error("cannot load {component}: {why}")]
    Load {
        /// The file, or the name of the bytes.
        component: String,
        /// What is wrong with it.
        why: String,
    },
    /// A component of another world than the one that was asked for.
    #[error("{component} is {}: {why}", mismatch(*found, *wanted))]
    WrongWorld {
        /// The file, or the name of the bytes.
        component: String,
        /// What it was loaded as.
        wanted: Kind,
        /// What it is.
        found: Kind,
        /// Which export or import is amiss.
        why: String,
    },
    /// The machine lacks what a fork takes: memory; mappings of it, of which every
    /// live instance has a few (`vm.max_map_count` is the most); open files, of
    /// which every kept state has one a memory (`ulimit -n`).
    #[error("cannot fork {component}: {why}")]
    Fork {
        /// The component's name.
        component: String,
        /// What the machine said.
        why: String,
    },
    /// A component stopped by itself: a panic, or a violation of the contract
    /// between components and hosts.
    #[error("{component}: {function} stopped: {why}")]
    Trap {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// What wasmtime said.
        why: String,
    },
    /// A component used up what it may.
    #[error(
        "{component}: {function} exceeded the limit {limit} ({value}): mend the component or raise Limits::{limit}"
    )]
    LimitExceeded {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// Which limit.
        limit: Limit,
        /// What it is set to.
        value: u64,
    },
    /// The instance has stopped before, so that its state cannot be trusted.
    #[error(
        "{component}: {function} cannot be called, since {stopped} stopped this instance; make another"
    )]
    Poisoned {
        /// The component's name.
        component: String,
        /// The function that was to be called.
        function: &'static str,
        /// The function that had stopped.
        stopped: &'static str,
    },
    /// A component refused, in the words of the contract.
    #[error("{component}: {function}: {}", says(error))]
    Guest {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// What the component said.
        error: types::Error,
    },
    /// A component returned what the contract rules out.
    #[error("{component}: {function} returned nonsense: {why}")]
    Implausible {
        /// The component's name.
        component: String,
        /// The function that the host had called.
        function: &'static str,
        /// What cannot be.
        why: String,
    },
    /// A component called the host at a moment when it may not.
    #[error("{component}: {function} may not be called {when}")]
    Forbidden {
        /// The component's name.
        component: String,
        /// The function of the host.
        function: &'static str,
        /// The moment.
        when: &'static str,
    },
    /// The language model could not answer, and the policy did not cope.
    #[error("the model failed as {role} (session {session}, call {step}): {error}")]
    Model {
        /// The role that was to speak.
        role: String,
        /// The session; 0 for a question.
        session: u32,
        /// Calls before it in this session or question.
        step: u32,
        /// What the model said.
        error: ModelError,
    },
    /// The embedder failed, or returned vectors that do not fit its texts.
    #[error("the embedder failed: {why}")]
    Embedder {
        /// What is wrong.
        why: String,
    },
    /// A policy that is to be checked alone.
    #[error("{component} is a policy, which is checked among a bank and an environment: name them")]
    Lonely {
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
        /// What is wrong.
        why: String,
    },
    /// A file that an episode needs is not there, or not the one that it needs.
    #[error("cannot set the episode up: the {part} {path}: {why}")]
    Setting {
        /// `bank`, `environment`, `policy` or `data file`.
        part: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A state that cannot be stored or found in a [`SnapshotStore`].
    ///
    /// [`SnapshotStore`]: crate::SnapshotStore
    #[error("cannot {action} the state {name} in {folder}: {why}")]
    Store {
        /// `save` or `load`.
        action: &'static str,
        /// Its name.
        name: String,
        /// The store.
        folder: String,
        /// What is wrong.
        why: String,
    },
    /// A [`MemoryStore`] that cannot do what it was asked for.
    ///
    /// [`MemoryStore`]: crate::MemoryStore
    #[error("cannot {action} in {path}: {why}")]
    Memories {
        /// What was to be done.
        action: String,
        /// The store's file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A [`Worker`] that cannot start or has stopped.
    ///
    /// [`Worker`]: crate::Worker
    #[error("the worker: {why}")]
    Worker {
        /// What is wrong.
        why: String,
    },
    /// A trace that cannot be lived through again as it is.
    #[error("cannot replay: {why}")]
    Replay {
        /// What stands in the way.
        why: String,
    },
}

fn mismatch(found: Kind, wanted: Kind) -> String {
    if found == wanted {
        format!("{} that cannot run here", wanted.with_article())
    } else if found == Kind::Unknown {
        format!("not {}", wanted.with_article())
    } else {
        format!("{}, not {}", found.with_article(), wanted.with_article())
    }
}

/// A refusal in words.
pub(crate) fn says(error: &types::Error) -> String {
    match error {
        types::Error::Unknown(what) => format!("unknown: {what}"),
        types::Error::Invalid(what) => format!("invalid: {what}"),
        types::Error::Unsupported(what) => format!("unsupported: {what}"),
    }
}
