//! The arguments of the bank's own operations.

use memloom_records::squeezed;
use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::rule::Rule;

/// The arguments of `touch`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// The entry that was used.
    pub id: String,
}

/// The arguments of `visit`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The place.
    pub place: String,
}

/// The arguments of `evict`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evict {
    /// The rule; by default the one of the bank's options.
    pub rule: Option<Rule>,
    /// The place whose entries may go; by default all.
    pub place: Option<String>,
}

/// Reads arguments.
///
/// # Errors
/// `invalid`, naming the operation and the fault.
pub fn arguments<T: DeserializeOwned>(operation: &str, json: &str) -> Result<T, Error> {
    serde_json::from_str(object(operation, json)?)
        .map_err(|why| Error::Invalid(format!("{operation}: {why}")))
}

/// Returns a place as one line.
///
/// # Errors
/// `invalid`, naming the operation, if it is empty.
pub fn named(operation: &str, place: &str) -> Result<String, Error> {
    match squeezed(place) {
        place if place.is_empty() => {
            Err(Error::Invalid(format!("{operation}: the place is empty")))
        }
        place => Ok(place),
    }
}
