//! Policies: the logic of agents. They run in an [`Agent`](crate::Agent) or an
//! [`Episode`](crate::Episode).

use std::sync::Arc;

use crate::error::Error;
use crate::guest::PolicyGuest;
use crate::instance::Instance;
use crate::instance::linked_component::LinkedComponent;
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
pub struct PolicyComponent(pub(crate) Arc<LinkedComponent<PolicyGuest>>);

impl PolicyComponent {
    /// Returns the component's name: that of its file, without folder and extension.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns the policy's description.
    ///
    /// # Errors
    /// If the component traps, exceeds a limit, or calls the host, which it may do
    /// only inside an episode.
    pub fn describe(&self) -> Result<PolicyDescription, Error> {
        Instance::new(&self.0, None)?.call("describe", |policy, store| policy.call_describe(store))
    }
}
