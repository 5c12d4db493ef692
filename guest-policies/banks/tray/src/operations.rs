//! The arguments of the bank's own operations.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The arguments of `fold`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// The records to replace, at least one; an id twice counts once.
    pub ids: Vec<String>,
    /// The text in their place.
    pub summary: String,
}

/// The arguments of `open-group`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The subgoal.
    pub title: String,
}

/// The arguments of `close-group`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The outcome in a line.
    pub summary: String,
}

/// Reads arguments.
///
/// # Errors
/// `invalid`, naming the operation and the fault.
pub fn arguments<T: DeserializeOwned>(operation: &str, json: &str) -> Result<T, Error> {
    serde_json::from_str(object(operation, json)?)
        .map_err(|why| Error::Invalid(format!("{operation}: {why}")))
}
