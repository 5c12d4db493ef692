//! The options of a run file.

use memloom_sdk::acting::{Form, Rules};
use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most cases of one outcome that are shown.
pub const MOST_SHOWN: u32 = 16;
/// The most cycles of plans.
const MOST_CYCLES: u32 = 16;

/// The choice of the cases that a task is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// None, and none are kept: the baseline.
    None,
    /// Those whose goals are most like the task.
    Similar,
    /// Those of the highest value for the task.
    Value,
    /// Those that are drawn by their value for the task.
    Draw,
}

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The choice of the cases that a task is shown. By default `value`.
    pub memory: Memory,
    /// The most successes that are shown, 1 to 16. By default 4.
    pub shown: u32,
    /// The most failures that are shown as text, 0 to 16. By default 4.
    pub failures: u32,
    /// True if cases of the very task are not shown, for evaluation. By default false.
    pub exclude_same: bool,
    /// The most plans of a task as text, 1 to 16. By default 3.
    pub cycles: u32,
    /// The number of past acts in a prompt, 1 or more. By default 10.
    pub history: usize,
    /// True if outputs are words under a grammar and prompts have few words, for small models from
    /// nothing. By default false: plans are JSON, and acts are text.
    pub constrained: bool,
    /// True if constrained actions are chosen by number, from a list in the prompt; false if by their
    /// own words, without a list. By default true.
    pub numbered: bool,
    /// The most words of a plan that are kept, 1 or more. By default 200.
    pub plan_words: usize,
    /// The most words of an observation in a prompt, 1 or more. By default 300.
    pub observation_words: usize,
    /// The most acts in a task, 1 or more; a task may allow fewer. By default 100.
    pub acts: u32,
    /// The most tokens of an output as text, 1 or more. By default 512.
    pub output_tokens: u32,
    /// The planner's instructions as text in place of the built-in ones.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: Memory::Value,
            shown: 4,
            failures: 4,
            exclude_same: false,
            cycles: 3,
            history: 10,
            constrained: false,
            numbered: true,
            plan_words: 200,
            observation_words: 300,
            acts: 100,
            output_tokens: 512,
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
        let invalid = |why: String| Error::Invalid(format!("casebook's options: {why}"));
        let options: Self = serde_json::from_str(object("casebook", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        within("casebook", "shown", options.shown, 1..=MOST_SHOWN)?;
        within("casebook", "failures", options.failures, 0..=MOST_SHOWN)?;
        within("casebook", "cycles", options.cycles, 1..=MOST_CYCLES)?;
        let positive = [
            ("history", options.history > 0),
            ("plan_words", options.plan_words > 0),
            ("observation_words", options.observation_words > 0),
            ("acts", options.acts > 0),
            ("output_tokens", options.output_tokens > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, is_positive)| !is_positive) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.instruction.is_some() && options.constrained {
            return Err(invalid(
                "`instruction` is for plans as text, and `constrained` outputs are words under a \
                 grammar: leave one of them out"
                    .into(),
            ));
        }
        if !options.numbered && !options.constrained {
            return Err(invalid(
                "`numbered` is for constrained actions: set `constrained` to true or leave it out"
                    .into(),
            ));
        }
        Ok(options)
    }

    /// Returns how tasks are played.
    pub fn rules(&self) -> Rules {
        Rules {
            form: self.form(),
            numbered: self.numbered,
            window: self.history,
            observation_words: self.observation_words,
            acts: self.acts,
        }
    }

    /// Returns the form of outputs.
    pub fn form(&self) -> Form {
        match self.constrained {
            true => Form::Words,
            false => Form::Text,
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
            (r#"{"limit": 4}"#, "unknown field `limit`"),
            (r#"{"shown": 0}"#, "casebook's `shown` is 0: give 1 to 16"),
            (
                r#"{"failures": 17}"#,
                "casebook's `failures` is 17: give 0 to 16",
            ),
            (r#"{"cycles": 0}"#, "casebook's `cycles` is 0: give 1 to 16"),
            (
                r#"{"history": 0}"#,
                "casebook's options: `history` is 0: give 1 or more",
            ),
            (r#"{"plan_words": 0}"#, "`plan_words` is 0"),
            (
                r#"{"memory": "all"}"#,
                "expected one of `none`, `similar`, `value`, `draw`",
            ),
            (
                r#"{"constrained": true, "instruction": "Plan."}"#,
                "`instruction` is for plans as text",
            ),
            (
                r#"{"numbered": false}"#,
                "`numbered` is for constrained actions",
            ),
            ("[]", "casebook's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
