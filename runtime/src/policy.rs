//! Policies: the agent's logic. They run inside an [`Episode`](crate::Episode).

use std::sync::Arc;

use crate::bindings::policy::Guest;
use crate::error::Error;
use crate::instance::{Instance, Prepared};
use crate::types::PolicyDescription;

/// A policy component, compiled and linked. Cheap to clone.
///
/// `Send` and `Sync`.
///
/// ```
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let policy = sandbox.policy("../target/components/selector.wasm")?;
/// assert_eq!(policy.describe()?.roles, ["extractor", "manager"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PolicyComponent(pub(crate) Arc<Prepared<Guest>>);

impl PolicyComponent {
    /// The component's name: its file's, without folders and ending.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// What this policy is.
    ///
    /// # Errors
    /// Where the component traps, runs into a limit, or calls the host, which
    /// it may do only inside an episode.
    pub fn describe(&self) -> Result<PolicyDescription, Error> {
        Instance::new(&self.0, None)?.call("describe", |policy, store| policy.call_describe(store))
    }
}
