//! What servers were asked for, and what that cost.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts of a server.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Usage {
    /// What was wanted of it.
    pub requests: u64,
    /// Of these, what the cache had.
    pub cached: u64,
    /// Attempts beyond a request's first.
    pub retries: u64,
    /// What could not be had.
    pub failures: u64,
    /// Tokens that it read.
    pub prompt_tokens: u64,
    /// Tokens that it wrote.
    pub completion_tokens: u64,
    /// Both by their prices.
    pub cost: f64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.cached += other.cached;
        self.retries += other.retries;
        self.failures += other.failures;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cost += other.cost;
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests ({} from the cache, {} failed), {} tokens read, {} written, cost {:.4}",
            self.requests,
            self.cached,
            self.failures,
            self.prompt_tokens,
            self.completion_tokens,
            self.cost
        )
    }
}
