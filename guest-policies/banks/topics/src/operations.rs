//! The arguments of custom operations.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Arguments of `merge`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The topic that a new summary goes into.
    pub id: String,
    /// The summary of both.
    pub text: String,
    /// The turns that support the new one.
    pub evidence: Vec<String>,
}

/// Arguments of `cited`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    /// The words of the query.
    pub query: String,
    /// The topics that the answer was given.
    pub shown: Vec<String>,
    /// Those of them that it cites.
    pub cited: Vec<String>,
}

/// Reads the arguments of an operation.
///
/// # Errors
/// `invalid`, naming the operation and what is missing, unknown or of another type.
pub fn arguments<T: DeserializeOwned>(operation: &str, json: &str) -> Result<T, Error> {
    serde_json::from_str(object(operation, json)?)
        .map_err(|why| Error::Invalid(format!("{operation}: {why}")))
}
