//! The options of a query.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::fields::Outcome;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"by":{"enum":["similarity","value","recency"]},"outcome":{"enum":["success","failure","unknown"]},"exclude_same":{"type":"boolean"},"draw":{"type":"integer","minimum":0}},"additionalProperties":false}"#;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// The score by which hits are sorted.
    pub by: By,
    /// Restricts the hits to cases of this outcome.
    pub outcome: Option<Outcome>,
    /// Leaves out cases whose goal is the query's text, for evaluation.
    pub exclude_same: bool,
    /// Draws hits by their values in the place of the best: the seed of the draw. Only by `value`.
    pub draw: Option<u64>,
}

/// A score of hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The likeness of goal and query: BM25 for words, cosine for vectors.
    #[default]
    Similarity,
    /// The expected reward for the query, 0 to 1.
    Value,
    /// The number of the last write among all writes of the bank.
    Recency,
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
        let invalid =
            |why: String| Error::Invalid(format!("the options of a query of cases: {why}"));
        let options: Self = serde_json::from_str(object("a query of cases", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        match options.draw {
            Some(_) if options.by != By::Value => Err(invalid(
                "`draw` draws by value: set `by` to \"value\"".into(),
            )),
            _ => Ok(options),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_options_are_the_defaults() {
        assert_eq!(QueryOptions::parse(""), Ok(QueryOptions::default()));
        assert_eq!(QueryOptions::parse("{}"), Ok(QueryOptions::default()));
    }

    #[test]
    fn unknown_names_and_values_are_refused() {
        for (json, part) in [
            (r#"{"sort": "value"}"#, "sort"),
            (r#"{"by": "luck"}"#, "luck"),
            (r#"{"outcome": "good"}"#, "good"),
            (
                r#"{"draw": 3}"#,
                "`draw` draws by value: set `by` to \"value\"",
            ),
            ("[]", "give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = QueryOptions::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn the_schema_is_json() {
        let schema: Result<serde_json::Value, _> = serde_json::from_str(SCHEMA);
        assert!(schema.is_ok_and(|schema| schema.is_object()));
    }
}
