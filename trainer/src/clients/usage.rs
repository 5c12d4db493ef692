//! Usage of servers: requests, tokens and cost.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Replies that did not report their tokens, although tokens have prices.
    #[serde(default)]
    pub unpriced: u64,
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
        self.unpriced += other.unpriced;
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
        )?;
        match self.unpriced {
            0 => Ok(()),
            count => write!(f, " without {count} that did not say their tokens"),
        }
    }
}

/// Returns the tokens that a request read and wrote, as its reply says them under
/// `usage`; none where it does not say both. A reply without `writes` writes none.
pub(super) fn tokens(usage: &Value, writes: bool) -> Option<[u64; 2]> {
    let count = |name: &str| whole(usage.get(name)?);
    let read = count("prompt_tokens")?;
    let written = match writes {
        true => count("completion_tokens").or_else(|| count("total_tokens")?.checked_sub(read)),
        false => Some(0),
    };
    Some([read, written?])
}

/// A whole number of 0 or more, also as a text or with a fraction of 0.
fn whole(value: &Value) -> Option<u64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    ((0.0..1e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_read_where_their_meaning_is_plain() {
        for (usage, said) in [
            (
                json!({"prompt_tokens": 10, "completion_tokens": 5}),
                Some([10, 5]),
            ),
            (
                json!({"prompt_tokens": 10.0, "completion_tokens": "5"}),
                Some([10, 5]),
            ),
            (
                json!({"prompt_tokens": 10, "total_tokens": 15}),
                Some([10, 5]),
            ),
            (json!({"prompt_tokens": 10}), None),
            (json!({"prompt_tokens": 10.5, "completion_tokens": 5}), None),
            (json!({"prompt_tokens": -1, "completion_tokens": 5}), None),
            (
                json!({"prompt_tokens": "ten", "completion_tokens": 5}),
                None,
            ),
            (json!({"prompt_tokens": null, "completion_tokens": 5}), None),
            (json!({}), None),
            (json!("?"), None),
        ] {
            assert_eq!(tokens(&usage, true), said, "{usage}");
        }
        assert_eq!(tokens(&json!({"prompt_tokens": 7}), false), Some([7, 0]));
    }
}
