//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most entries of memory that are shown.
const MOST_SHOWN: u32 = 64;

/// The source of what a search brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Information {
    /// The environment: its advisers, and its archive.
    Environment,
    /// The model in the role of a searcher.
    Searcher,
    /// The model in one output, with all thoughts and searches.
    Own,
}

/// The notes that are written into the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notes {
    /// None.
    None,
    /// Verdicts: who was right about what, and who was wrong.
    Verdicts,
    /// These, facts that were told for certain, and every turn of dialogues.
    All,
}

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are actions in their own words under a grammar, for small models from nothing.
    /// By default false: outputs are text with tags.
    pub constrained: bool,
    /// The source of what a search brings. By default the environment.
    pub information: Information,
    /// The most searches before an answer, 0 to 32; a task may allow fewer. By default 4.
    pub calls: u32,
    /// The most entries of memory in a prompt, 0 to 64; with 0 the bank is not asked. By default 16.
    pub limit: u32,
    /// The notes that are written into the bank. By default verdicts.
    pub notes: Notes,
    /// The most tokens of an output as text, 1 or more. By default 1024.
    pub output_tokens: u32,
    /// The most tokens of what a search brings, 1 or more; the rest is cut. By default 600.
    pub information_tokens: u32,
    /// The instructions in place of the built-in ones, which are none where outputs are constrained.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            information: Information::Environment,
            calls: 4,
            limit: 16,
            notes: Notes::Verdicts,
            output_tokens: 1024,
            information_tokens: 600,
            instruction: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown, out of range, or without effect.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("router's options: {why}"));
        let options: Self = serde_json::from_str(object("router", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        within("router", "calls", options.calls, 0..=32)?;
        within("router", "limit", options.limit, 0..=MOST_SHOWN)?;
        let positive = [
            ("output_tokens", options.output_tokens),
            ("information_tokens", options.information_tokens),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.constrained && options.information != Information::Environment {
            return Err(invalid(
                "`constrained` outputs are actions of the environment: set `information` to \
                 \"environment\""
                    .into(),
            ));
        }
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
            (r#"{"call": 4}"#, "call"),
            (r#"{"calls": 33}"#, "router's `calls` is 33: give 0 to 32"),
            (r#"{"limit": 65}"#, "router's `limit` is 65: give 0 to 64"),
            (
                r#"{"output_tokens": 0}"#,
                "router's options: `output_tokens` is 0: give 1 or more",
            ),
            (r#"{"information_tokens": 0}"#, "`information_tokens` is 0"),
            (
                r#"{"information": "web"}"#,
                "expected one of `environment`, `searcher`, `own`",
            ),
            (
                r#"{"notes": "some"}"#,
                "expected one of `none`, `verdicts`, `all`",
            ),
            (
                r#"{"constrained": true, "information": "own"}"#,
                "set `information` to \"environment\"",
            ),
            ("[]", "router's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
