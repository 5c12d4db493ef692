//! The options of a query.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"nearest":{"type":"integer","minimum":1}},"additionalProperties":false}"#;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// The number of hits that are followed by their links, 1 or more. None searches without links.
    pub nearest: Option<usize>,
}

impl QueryOptions {
    /// Parses the options of a query.
    ///
    /// # Errors
    /// `invalid`, naming what is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let invalid = |why: String| {
            let why = format!("the options of a query of notes: {why}");
            Err(Error::Invalid(why))
        };
        match serde_json::from_str(object("a query of notes", json)?) {
            Ok(Self { nearest: Some(0) }) => invalid("`nearest` is 0: give 1 or more".into()),
            Ok(options) => Ok(options),
            Err(why) => invalid(why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_and_no_hits_are_refused() {
        assert_eq!(QueryOptions::parse(""), Ok(QueryOptions::default()));
        for (json, part) in [
            (r#"{"nearest": 0}"#, "`nearest` is 0: give 1 or more"),
            (r#"{"hops": 2}"#, "unknown field `hops`"),
            ("[]", "give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = QueryOptions::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
