//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The form of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Calls {
    /// One JSON object for each call, in the text.
    Json,
    /// The tool calls of the model's chat template, by the names of the paper's code.
    Tools,
}

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The form of calls. By default `json`.
    pub calls: Calls,
    /// True if records may be folded; false for the control without it. By default true.
    pub fold: bool,
    /// The most outputs in a task, 1 or more. By default 35.
    pub turns: u32,
    /// The tokens of a prompt from which on the task is given up, 1 or more. By default 20000.
    pub budget_tokens: u32,
    /// The tokens of a prompt from which on it says that records should be folded; 0: it never does.
    /// By default 0.
    pub suggest_at: u32,
    /// The tokens of a prompt from which on nothing but folding and answering is done; 0: never. By
    /// default 0.
    pub require_at: u32,
    /// The most tokens of an output, 1 or more. By default 1024.
    pub output_tokens: u32,
    /// The most tokens of a record's result, 1 or more; the rest is cut. By default 2048.
    pub result_tokens: u32,
    /// The instructions in place of the built-in ones; the form of calls is added.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            calls: Calls::Json,
            fold: true,
            turns: 35,
            budget_tokens: 20_000,
            suggest_at: 0,
            require_at: 0,
            output_tokens: 1024,
            result_tokens: 2048,
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
        let invalid = |why: String| Error::Invalid(format!("memact's options: {why}"));
        let options: Self = serde_json::from_str(object("memact", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("turns", options.turns),
            ("budget_tokens", options.budget_tokens),
            ("output_tokens", options.output_tokens),
            ("result_tokens", options.result_tokens),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        let of_folding = [
            ("suggest_at", options.suggest_at),
            ("require_at", options.require_at),
        ];
        let mut useless = of_folding.into_iter().filter(|_| !options.fold);
        match useless.find(|(_, value)| *value > 0) {
            Some((name, _)) => Err(invalid(format!(
                "`{name}` is about folding, and `fold` is false: leave one of them out"
            ))),
            None => Ok(options),
        }
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
            (r#"{"turn": 4}"#, "turn"),
            (
                r#"{"turns": 0}"#,
                "memact's options: `turns` is 0: give 1 or more",
            ),
            (r#"{"budget_tokens": 0}"#, "`budget_tokens` is 0"),
            (r#"{"calls": "xml"}"#, "expected `json` or `tools`"),
            (
                r#"{"fold": false, "suggest_at": 9}"#,
                "`suggest_at` is about folding, and `fold` is false: leave one of them out",
            ),
            ("[]", "memact's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
