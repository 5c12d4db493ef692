//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are words under a grammar and prompts have few words, for small models from
    /// nothing: the state is sentences that were shown, and actions are those that a task lists. By
    /// default false: outputs are text with tags.
    pub constrained: bool,
    /// True if a prompt of text ends in the assistant's message, which the model goes on with; false
    /// if what was found is a user's message, for chat servers. By default true.
    pub begun: bool,
    /// The most turns in a task, 1 or more; a task may allow fewer. By default 100.
    pub turns: u32,
    /// The most tokens of an output as text, 1 or more. By default 1000.
    pub output_tokens: u32,
    /// The most tokens of what a turn shows, 1 or more; the rest is cut. By default 1000.
    pub information_tokens: u32,
    /// The instructions in place of the built-in ones, which are none where outputs are constrained.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            begun: true,
            turns: 100,
            output_tokens: 1000,
            information_tokens: 1000,
            instruction: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("mem1's options: {why}"));
        let options: Self =
            serde_json::from_str(object("mem1", json)?).map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("turns", options.turns),
            ("output_tokens", options.output_tokens),
            ("information_tokens", options.information_tokens),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(invalid(format!("`{name}` is 0: give 1 or more"))),
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
                "mem1's options: `turns` is 0: give 1 or more",
            ),
            (r#"{"output_tokens": 0}"#, "`output_tokens` is 0"),
            (r#"{"information_tokens": 0}"#, "`information_tokens` is 0"),
            (r#"{"constrained": 1}"#, "boolean"),
            ("[]", "mem1's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
