//! The options of a query.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::spot::Kind;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"place":{"type":"string"},"kind":{"enum":["fixed","state"]}},"additionalProperties":false}"#;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// Restricts the hits to entries of this place.
    pub place: Option<String>,
    /// Restricts the hits to entries of this kind.
    pub kind: Option<Kind>,
}

impl QueryOptions {
    /// Parses the options of a query.
    ///
    /// # Errors
    /// `invalid`, naming what is unknown.
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(object("a query of places", json)?)
            .map_err(|why| Error::Invalid(format!("the options of a query of places: {why}")))
    }
}
