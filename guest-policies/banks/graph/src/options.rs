//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most triples that a search goes on from at each node, 1 to 1000. By default 6.
    pub top: usize,
    /// The weight of an episode's number of triples. By default `smooth`.
    pub episodic: Episodic,
}

/// The weight of an episode of n triples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Episodic {
    /// ln(1 + n), so that an episode of one triple can be found.
    #[default]
    Smooth,
    /// ln n, as in the paper.
    Paper,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            top: 6,
            episodic: Episodic::Smooth,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("graph", json)?)
            .map_err(|why| Error::Invalid(format!("graph's options: {why}")))?;
        within("graph", "top", options.top, 1..=1000)?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
        for (json, part) in [
            (r#"{"top": 0}"#, "graph's `top` is 0: give 1 to 1000"),
            (r#"{"episodic": "log"}"#, "expected `smooth` or `paper`"),
            (r#"{"hops": 2}"#, "graph's options: unknown field `hops`"),
            ("[]", "graph's options: give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
