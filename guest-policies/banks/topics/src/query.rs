//! The options of a query.

use std::num::NonZeroU32;

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"rerank":{"type":"object","properties":{"top":{"type":"integer","minimum":1},"seed":{"type":"integer","minimum":0}},"additionalProperties":false}},"additionalProperties":false}"#;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// Reranks the hits.
    pub rerank: Option<Rerank>,
}

/// A choice among the candidates by the reranker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rerank {
    /// The number of topics that are kept, 1 or more. By default the bank's `M`.
    pub top: Option<NonZeroU32>,
    /// The seed of a sample. By default the choice is greedy.
    pub seed: Option<u64>,
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
        serde_json::from_str(object("a query of topics", json)?)
            .map_err(|why| Error::Invalid(format!("the options of a query of topics: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_options_are_the_defaults() {
        assert_eq!(QueryOptions::parse(""), Ok(QueryOptions::default()));
        assert_eq!(QueryOptions::parse("{}"), Ok(QueryOptions::default()));
        let rerank = QueryOptions::parse(r#"{"rerank": {}}"#).map(|options| options.rerank);
        assert_eq!(rerank, Ok(Some(Rerank::default())));
    }

    #[test]
    fn what_is_unknown_or_out_of_range_is_named() {
        for (json, part) in [
            (r#"{"sort": 1}"#, "sort"),
            (r#"{"rerank": {"top": 0}}"#, "expected a nonzero u32"),
            (r#"{"rerank": {"seed": -1}}"#, "invalid value: integer `-1`"),
            (r#"{"rerank": {"best": 3}}"#, "best"),
            ("[]", "give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = QueryOptions::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
