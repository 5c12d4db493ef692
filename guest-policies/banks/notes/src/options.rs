//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most linked notes that follow a hit where a query asks for the nearest notes; 0: none. By
    /// default as many as the query asks for hits, as in the paper.
    pub links: Option<usize>,
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or of another type.
    pub fn parse(json: &str) -> Result<Self, Error> {
        serde_json::from_str(object("notes", json)?)
            .map_err(|why| Error::Invalid(format!("notes's options: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
        for (json, part) in [
            (r#"{"links": -1}"#, "expected usize"),
            (r#"{"link": 3}"#, "unknown field `link`"),
            ("[]", "notes's options: give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
