//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are words under a grammar and prompts have few words, for small models from
    /// nothing: subgoals are sentences of the goal, and actions are those that a task lists. By
    /// default false: outputs are text.
    pub constrained: bool,
    /// True if acts are grouped by subgoals, and those for a finished one give way to a summary; false
    /// for the full history. By default true.
    pub summarise: bool,
    /// True if the acts for a finished subgoal can be shown once more. By default true.
    pub retrieve: bool,
    /// The most outputs of the actor in a task, 1 or more; a task may allow fewer acts. By default 30.
    pub steps: u32,
    /// The most tokens of the actor's output as text, 1 or more. By default 256.
    pub output_tokens: u32,
    /// The most tokens of a summary as text, 1 or more. By default 128.
    pub summary_tokens: u32,
    /// The actor's instructions in place of the built-in ones, which are none where outputs are
    /// constrained; as text, the form of outputs is added.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            summarise: true,
            retrieve: true,
            steps: 30,
            output_tokens: 256,
            summary_tokens: 128,
            instruction: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown, out of range or without use.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("hiagent's options: {why}"));
        let options: Self = serde_json::from_str(object("hiagent", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("steps", options.steps),
            ("output_tokens", options.output_tokens),
            ("summary_tokens", options.summary_tokens),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.retrieve && !options.summarise {
            return Err(invalid(
                "`retrieve` is about subgoals that were summarised, and `summarise` is false: set \
                 both to false"
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
            (r#"{"step": 4}"#, "unknown field `step`"),
            (
                r#"{"steps": 0}"#,
                "hiagent's options: `steps` is 0: give 1 or more",
            ),
            (r#"{"output_tokens": 0}"#, "`output_tokens` is 0"),
            (r#"{"summary_tokens": 0}"#, "`summary_tokens` is 0"),
            (
                r#"{"summarise": false}"#,
                "hiagent's options: `retrieve` is about subgoals that were summarised, and \
                 `summarise` is false: set both to false",
            ),
            ("[]", "hiagent's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
