//! What an episode's components cost.

use std::time::Duration;

use serde::Serialize;

/// What an episode's components cost since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Meter {
    /// Processor time of the episode's thread in components and in the host on
    /// their behalf, without the model's. Unlike wall time it does not grow when
    /// many episodes share few cores.
    pub guests: Duration,
    /// Wall time in which the model was waited for.
    pub model: Duration,
    /// Calls of the policy into the host.
    pub host_calls: u64,
    /// Those of them that asked the model.
    pub generate_calls: u64,
}

impl Meter {
    /// Processor seconds in components and in the host on their behalf, without the model.
    pub fn guest_seconds(&self) -> f64 {
        self.guests.as_secs_f64()
    }
}
