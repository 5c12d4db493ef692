//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The end of thoughts where outputs are text.
const CLOSING: &str = "</think>";

/// The most tokens of a chunk under a grammar: each is a group within the group of the one before,
/// and hosts nest 64.
pub const MOST_CONSTRAINED: u32 = 60;

/// Options of the policy, a JSON object. Unknown names are refused. Defaults are those of the
/// paper's 24K model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The tokens of a chunk, the state that it begins with included; 1 or more. By default 8192.
    pub context: u32,
    /// The most tokens that are carried into the next chunk, fewer than `context`. By default 4096.
    pub state: u32,
    /// Those of them that are the first tokens of the first chunk. By default 100.
    pub head: u32,
    /// The most chunks, 1 or more. By default 5.
    pub chunks: u32,
    /// The end of thoughts: what stands after it is the answer. Empty if thoughts and answer are one
    /// text. By default `</think>`, or empty where outputs are constrained.
    pub closing: Option<String>,
    /// True if outputs are words of the environment's closed language under a grammar, for small
    /// models from nothing. By default false: outputs are text.
    pub constrained: bool,
    /// The instructions in place of the built-in ones, which are none where outputs are constrained.
    pub instruction: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            context: 8192,
            state: 4096,
            head: 100,
            chunks: 5,
            closing: None,
            constrained: false,
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
        let invalid = |why: String| Error::Invalid(format!("delethink's options: {why}"));
        let options: Self = serde_json::from_str(object("delethink", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let Self {
            context,
            state,
            head,
            chunks,
            constrained,
            ..
        } = options;
        for (name, value) in [("context", context), ("chunks", chunks)] {
            if value == 0 {
                return Err(invalid(format!("`{name}` is 0: give 1 or more")));
            }
        }
        if state >= context {
            return Err(invalid(format!(
                "`state` is {state} and `context` {context}: give a state of fewer tokens than a \
                 chunk has"
            )));
        }
        if head > state {
            return Err(invalid(format!(
                "`head` is {head} and `state` {state}: give a head of no more tokens than the \
                 state, which it is part of"
            )));
        }
        if constrained && context > MOST_CONSTRAINED {
            return Err(invalid(format!(
                "`context` is {context}: a constrained chunk has at most {MOST_CONSTRAINED} tokens"
            )));
        }
        if constrained && options.closing.is_some() {
            return Err(invalid(
                "`closing` is the end of free thoughts: leave it out, or `constrained`".into(),
            ));
        }
        Ok(options)
    }

    /// Returns the end of thoughts; empty if thoughts and answer are one text.
    pub fn closing(&self) -> &str {
        match (&self.closing, self.constrained) {
            (Some(closing), _) => closing,
            (None, true) => "",
            (None, false) => CLOSING,
        }
    }

    /// Returns the most tokens of an output in the first chunk, or a later one.
    pub fn budget(&self, is_first: bool) -> u32 {
        match is_first {
            true => self.context,
            false => self.context - self.state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults_whose_budget_is_the_papers() {
        let options = Options::default();
        assert_eq!(Options::parse("{}"), Ok(options.clone()));
        let later = (options.chunks - 1) * options.budget(false);
        assert_eq!(options.budget(true) + later, 24_576);
    }

    #[test]
    fn thoughts_end_with_a_tag_unless_they_are_constrained() {
        for (json, closing) in [
            ("{}", "</think>"),
            (r#"{"closing": ""}"#, ""),
            (r#"{"closing": "So:"}"#, "So:"),
            (
                r#"{"constrained": true, "context": 60, "state": 9, "head": 0}"#,
                "",
            ),
        ] {
            let options = Options::parse(json);
            assert_eq!(
                options.as_ref().map(Options::closing),
                Ok(closing),
                "{json}"
            );
        }
    }

    #[test]
    fn a_state_as_large_as_the_context_and_a_head_beyond_the_state_are_refused_by_both_names() {
        for (json, why) in [
            (
                r#"{"context": 64, "state": 64}"#,
                "`state` is 64 and `context` 64: give a state of fewer tokens than a chunk has",
            ),
            (
                r#"{"context": 64, "state": 32, "head": 33}"#,
                "`head` is 33 and `state` 32: give a head of no more tokens than the state, which \
                 it is part of",
            ),
            (r#"{"context": 0}"#, "`context` is 0: give 1 or more"),
            (r#"{"chunks": 0}"#, "`chunks` is 0: give 1 or more"),
            (
                r#"{"constrained": true, "context": 61, "state": 9, "head": 0}"#,
                "`context` is 61: a constrained chunk has at most 60 tokens",
            ),
            (
                r#"{"constrained": true, "context": 24, "state": 9, "head": 0, "closing": ""}"#,
                "`closing` is the end of free thoughts: leave it out, or `constrained`",
            ),
        ] {
            let why = Error::Invalid(format!("delethink's options: {why}"));
            assert_eq!(Options::parse(json), Err(why), "{json}");
        }
        let Err(Error::Invalid(why)) = Options::parse(r#"{"chunk": 3}"#) else {
            panic!("accepted");
        };
        assert!(why.contains("unknown field `chunk`"), "{why}");
    }
}
