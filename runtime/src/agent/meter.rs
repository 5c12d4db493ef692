//! Costs of an episode's components.

use std::time::Duration;

use serde::Serialize;

/// The costs of an episode's components since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Meter {
    /// Processor time of the episode's thread in components and in the host on their
    /// behalf, without the model's. Unlike wall time it does not grow when many
    /// episodes share few cores.
    pub guests: Duration,
    /// Wall time of the model's calls.
    pub model: Duration,
    /// The number of calls of the policy into the host.
    pub host_calls: u64,
    /// The number of these calls that asked the model.
    pub generate_calls: u64,
}

impl Meter {
    /// Returns [`Meter::guests`] in seconds.
    pub fn guest_seconds(&self) -> f64 {
        self.guests.as_secs_f64()
    }
}
