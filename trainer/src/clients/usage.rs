//! Usage of servers: requests, tokens and cost.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Requests, tokens and cost of a server.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Usage {
    /// Requests, cached ones included.
    pub requests: u64,
    /// Requests that the cache answered.
    pub cached: u64,
    /// Attempts after the first of a request.
    pub retries: u64,
    /// Requests that failed after all attempts.
    pub failures: u64,
    /// Prompt tokens, as the server reports them.
    pub prompt_tokens: u64,
    /// Completion tokens, as the server reports them.
    pub completion_tokens: u64,
    /// Cost of the tokens by `prompt_price` and `completion_price`.
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
