//! The options of a query.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"group":{"type":"integer","minimum":0},"kind":{"enum":["record","summary"]}},"additionalProperties":false}"#;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// Restricts the hits to a group; 0 is no group.
    pub group: Option<u32>,
    /// Restricts the hits to records or to summaries.
    pub kind: Option<Kind>,
}

/// A kind of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Records of calls and results.
    Record,
    /// Summaries of folded records and of groups.
    Summary,
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
        serde_json::from_str(object("a query of tray", json)?)
            .map_err(|why| Error::Invalid(format!("the options of a query of tray: {why}")))
    }
}
