//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are words under a grammar and prompts have few words, for small models from
    /// nothing: needs `plan` false and `items` names. By default false: outputs are text.
    pub constrained: bool,
    /// True if the explorer and the planner are asked before each action. By default true.
    pub plan: bool,
    /// The source of the nodes around which the graph is shown. By default `model`.
    pub items: Items,
    /// The number of hops around nodes that are found by name, 1 to 16. By default 2.
    pub hops: u32,
    /// The cosine that triples must be above, -1 to 1; of no use without an embedder. By default
    /// 0.75.
    pub threshold: f32,
    /// The number of old observations that are shown; with 0 none are kept. By default 2.
    pub episodes: u32,
    /// The number of past turns in a prompt, 1 or more. By default 5.
    pub window: usize,
    /// The most words of an observation in a prompt, 1 or more. By default 300.
    pub observation_words: usize,
    /// The most words of triples in a prompt. By default 200.
    pub memory_words: usize,
    /// The sentences at the beginning of an instruction that are the goal; 0 for all. By default 0.
    pub task_sentences: usize,
    /// The most acts in a task, 1 or more; a task may allow fewer. By default 150.
    pub acts: u32,
    /// The most tokens of an output as text, 1 or more. By default 512.
    pub output_tokens: u32,
}

/// The source of the nodes around which the graph is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Items {
    /// The role `items` names them with their numbers of hops.
    #[default]
    Model,
    /// Those that the goal names.
    Names,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            plan: true,
            items: Items::Model,
            hops: 2,
            threshold: 0.75,
            episodes: 2,
            window: 5,
            observation_words: 300,
            memory_words: 200,
            task_sentences: 0,
            acts: 150,
            output_tokens: 512,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown, out of range or without use.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("ariadne's options: {why}"));
        let options: Self = serde_json::from_str(object("ariadne", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        within("ariadne", "hops", options.hops, 1..=16)?;
        within("ariadne", "threshold", options.threshold, -1.0..=1.0)?;
        let positive = [
            ("window", options.window > 0),
            ("observation_words", options.observation_words > 0),
            ("acts", options.acts > 0),
            ("output_tokens", options.output_tokens > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        match options.constrained {
            true if options.plan => Err(invalid(
                "a plan is text, and `constrained` outputs are words: set `plan` to false".into(),
            )),
            true if options.items == Items::Model => Err(invalid(
                "the role `items` says text, and `constrained` outputs are words: set `items` to \"names\""
                    .into(),
            )),
            _ => Ok(options),
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
            (r#"{"hop": 1}"#, "unknown field `hop`"),
            (r#"{"hops": 0}"#, "ariadne's `hops` is 0: give 1 to 16"),
            (
                r#"{"threshold": 2}"#,
                "ariadne's `threshold` is 2: give -1 to 1",
            ),
            (
                r#"{"window": 0}"#,
                "ariadne's options: `window` is 0: give 1 or more",
            ),
            (r#"{"acts": 0}"#, "`acts` is 0"),
            (r#"{"items": "all"}"#, "expected `model` or `names`"),
            (r#"{"constrained": true}"#, "set `plan` to false"),
            (
                r#"{"constrained": true, "plan": false}"#,
                "set `items` to \"names\"",
            ),
            ("[]", "ariadne's options: give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
