//! Counts in warnings.

/// Returns a count with its noun: `1 session`, `2 sessions`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}
