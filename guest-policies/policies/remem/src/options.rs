//! The options of a run file.

use memloom_sdk::acting::{Form, Rules};
use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most experiences that are shown, each with a number of its own.
pub const MOST_SHOWN: u32 = 16;

/// The most rounds of a step.
const MOST_ROUNDS: u32 = 16;

/// The experiences that a task is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// None, and none are kept: the baseline.
    None,
    /// Those of the last tasks: ExpRecent.
    Recent,
    /// Those of tasks that are like the present one: ExpRAG.
    Rag,
    /// Those of like tasks, which the model may prune: ReMem.
    Refine,
}

/// The tasks that are kept as experiences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// Those that succeeded.
    Success,
    /// All.
    All,
}

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The experiences that a task is shown. By default `refine`.
    pub memory: Memory,
    /// The most experiences that are shown, 1 to 16. By default 4.
    pub limit: u32,
    /// The tasks that are kept as experiences. By default `success`.
    pub store: Store,
    /// The most outputs without an action before an act, 0 to 16. By default 3.
    pub rounds: u32,
    /// The number of past acts in a prompt, 1 or more. By default 10.
    pub history: usize,
    /// True if the model writes what is kept of a task; false if it is the last acts and what came of
    /// them. By default false.
    pub reflect: bool,
    /// True if outputs are words under a grammar and prompts have few words, for small models from
    /// nothing. By default false: outputs are text in three forms.
    pub constrained: bool,
    /// True if constrained actions are chosen by number, from a list in the prompt; false if by their
    /// own words, without a list. By default true.
    pub numbered: bool,
    /// The most words of a task's acts that are kept, 1 or more. By default 200.
    pub experience_words: usize,
    /// The most words of an observation in a prompt, 1 or more. By default 300.
    pub observation_words: usize,
    /// The most acts in a task, 1 or more; a task may allow fewer. By default 100.
    pub acts: u32,
    /// The most tokens of an output as text, 1 or more. By default 512.
    pub output_tokens: u32,
    /// The actor's instructions in place of the built-in ones, which are none where outputs are
    /// constrained; the forms of an output as text are added.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: Memory::Refine,
            limit: 4,
            store: Store::Success,
            rounds: 3,
            history: 10,
            reflect: false,
            constrained: false,
            numbered: true,
            experience_words: 200,
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
        let invalid = |why: String| Error::Invalid(format!("remem's options: {why}"));
        let options: Self =
            serde_json::from_str(object("remem", json)?).map_err(|why| invalid(why.to_string()))?;
        within("remem", "limit", options.limit, 1..=MOST_SHOWN)?;
        within("remem", "rounds", options.rounds, 0..=MOST_ROUNDS)?;
        let positive = [
            ("history", options.history > 0),
            ("experience_words", options.experience_words > 0),
            ("observation_words", options.observation_words > 0),
            ("acts", options.acts > 0),
            ("output_tokens", options.output_tokens > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.reflect && options.constrained {
            return Err(invalid(
                "`reflect` writes free text, and `constrained` outputs are words under a grammar: \
                 leave one of them out"
                    .into(),
            ));
        }
        if options.reflect && options.memory == Memory::None {
            return Err(invalid(
                "`reflect` writes experiences, and `memory` is \"none\": leave one of them out"
                    .into(),
            ));
        }
        if options.rounds == 0 && options.prunes() {
            return Err(invalid(
                "`rounds` is 0, and `memory` is \"refine\", which prunes in rounds: give 1 or more, or \
                 set it to \"rag\""
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

    /// Returns whether shown experiences can be pruned.
    pub fn prunes(&self) -> bool {
        self.memory == Memory::Refine
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
            (r#"{"limits": 4}"#, "limits"),
            (r#"{"limit": 0}"#, "remem's `limit` is 0: give 1 to 16"),
            (r#"{"rounds": 17}"#, "remem's `rounds` is 17: give 0 to 16"),
            (
                r#"{"history": 0}"#,
                "remem's options: `history` is 0: give 1 or more",
            ),
            (r#"{"experience_words": 0}"#, "`experience_words` is 0"),
            (r#"{"output_tokens": 0}"#, "`output_tokens` is 0"),
            (
                r#"{"memory": "all"}"#,
                "expected one of `none`, `recent`, `rag`, `refine`",
            ),
            (r#"{"store": "failure"}"#, "expected `success` or `all`"),
            (
                r#"{"reflect": true, "constrained": true}"#,
                "`reflect` writes free text, and `constrained` outputs are words under a grammar",
            ),
            (
                r#"{"rounds": 0}"#,
                "`rounds` is 0, and `memory` is \"refine\", which prunes in rounds",
            ),
            (
                r#"{"reflect": true, "memory": "none"}"#,
                "`reflect` writes experiences, and `memory` is \"none\"",
            ),
            ("[]", "remem's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
