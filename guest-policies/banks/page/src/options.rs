//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most words of the page, 1 to 1000000. A longer text is cut. By default 10000.
    pub words: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { words: 10_000 }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("page", json)?)
            .map_err(|why| Error::Invalid(format!("page's options: {why}")))?;
        within("page", "words", options.words, 1..=1_000_000)?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"words": 0}"#, "page's `words` is 0: give 1 to 1000000"),
            (r#"{"history": 3}"#, "history"),
            ("[]", "page's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
