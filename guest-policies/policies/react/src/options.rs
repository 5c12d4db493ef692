//! The options of a run file.

use memloom_sdk::acting::{Form, Rules};
use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are control words under a grammar and prompts have few words, for small
    /// models from nothing. By default false: outputs are text.
    pub constrained: bool,
    /// True if constrained actions are chosen by number, from a list in the prompt; false if by
    /// their own words, without a list. By default true.
    pub numbered: bool,
    /// The actor's instructions in place of the built-in ones, which are none where outputs are
    /// constrained.
    pub instruction: Option<String>,
    /// The number of past turns in a prompt, 1 or more. By default 5.
    pub window: usize,
    /// The most words of an observation in a prompt, 1 or more. By default 300.
    pub observation_words: usize,
    /// The most words of memory in a prompt; with 0 the bank is not asked. By default 200.
    pub memory_words: usize,
    /// The sentences at the beginning of an instruction that say what is to be done: memory is looked
    /// up with each, and they are repeated before each action; 0 for all as one. By default 0.
    pub task_sentences: usize,
    /// The options of the bank's queries, an object of the bank's own schema. By default none.
    pub query: serde_json::Map<String, serde_json::Value>,
    /// The most acts in a task, 1 or more; a task may allow fewer. By default 100.
    pub acts: u32,
    /// The tokens of free thought before an action, a lesson or an answer; 0 asks for none. By
    /// default 256.
    pub thoughts: u32,
    /// The most tokens of an action or an answer as text, 1 or more. By default 64.
    pub action_tokens: u32,
    /// The notes that are written into the bank. By default `lessons`.
    pub notes: Notes,
    /// The most words of a lesson, 1 or more. By default 40.
    pub lesson_words: usize,
}

/// The notes that are written into the bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notes {
    /// Nothing.
    None,
    /// Those that the scribe writes or keeps.
    #[default]
    Lessons,
    /// Every sentence of an observation and every turn of a dialogue, by rule.
    Observations,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            numbered: true,
            instruction: None,
            window: 5,
            observation_words: 300,
            memory_words: 200,
            task_sentences: 0,
            query: serde_json::Map::new(),
            acts: 100,
            thoughts: 256,
            action_tokens: 64,
            notes: Notes::Lessons,
            lesson_words: 40,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("react's options: {why}"));
        let options: Self =
            serde_json::from_str(object("react", json)?).map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("window", options.window > 0),
            ("observation_words", options.observation_words > 0),
            ("acts", options.acts > 0),
            ("action_tokens", options.action_tokens > 0),
            ("lesson_words", options.lesson_words > 0),
        ];
        match positive.into_iter().find(|(_, fits)| !fits) {
            Some((name, _)) => Err(invalid(format!("`{name}` is 0: give 1 or more"))),
            None => Ok(options),
        }
    }

    /// Returns how tasks are played.
    pub fn rules(&self) -> Rules {
        Rules {
            form: self.form(),
            numbered: self.numbered,
            window: self.window,
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

    /// Returns the most tokens of a text with thoughts before it. Constrained models think none.
    pub fn text_tokens(&self, tokens: u32) -> u32 {
        match self.constrained {
            true => tokens,
            false => self.thoughts.saturating_add(tokens),
        }
    }

    /// Returns the options of the bank's queries as JSON; empty where there are none.
    pub fn query(&self) -> String {
        match self.query.is_empty() {
            true => String::new(),
            false => serde_json::Value::Object(self.query.clone()).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
        assert_eq!(Options::default().query(), "");
    }

    #[test]
    fn what_is_set_is_read() {
        let json = r#"{"constrained": true, "notes": "observations", "query": {"by": "value"}}"#;
        let options = Options::parse(json);
        assert_eq!(
            options.as_ref().map(Options::query),
            Ok(r#"{"by":"value"}"#.into())
        );
        assert!(options.is_ok_and(|o| o.constrained && o.notes == Notes::Observations));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"windows": 4}"#, "windows"),
            (r#"{"window": 0}"#, "`window` is 0: give 1 or more"),
            (r#"{"acts": 0}"#, "`acts` is 0"),
            (r#"{"lesson_words": 0}"#, "`lesson_words` is 0"),
            (
                r#"{"notes": "all"}"#,
                "expected one of `none`, `lessons`, `observations`",
            ),
            (r#"{"query": "value"}"#, "expected a map"),
            ("[]", "react's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
