//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most words of the core, 1 or more. By default 400, some 512 tokens.
    pub core_words: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { core_words: 400 }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("typed's options: {why}"));
        let options: Self =
            serde_json::from_str(object("typed", json)?).map_err(|why| invalid(why.to_string()))?;
        match options.core_words {
            0 => Err(invalid("`core_words` is 0: give 1 or more".into())),
            _ => Ok(options),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
        for (json, part) in [
            (r#"{"core_words": 0}"#, "`core_words` is 0: give 1 or more"),
            (r#"{"words": 9}"#, "words"),
            ("[]", "typed's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
