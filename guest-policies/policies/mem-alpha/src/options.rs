//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::view::LISTS;

/// The form in which the writer calls functions.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Calls {
    /// One JSON object with a list of calls.
    #[default]
    Json,
    /// The tool calls of the model's chat template.
    Tools,
    /// Words under a grammar, for small models from nothing.
    Words,
}

/// The most entries in a prompt of words: the number of marks `e1`, `e2`, … that the model knows.
pub const MOST_MARKS: usize = 64;

/// Options of the policy, a JSON object. Unknown names are refused. Defaults are those of the
/// paper's code.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The form of calls: `json`, `tools` or `words`. By default `json`.
    pub calls: Calls,
    /// The most chunks of a session, 1 or more. By default 1.
    pub max_chunks: usize,
    /// The latest entries of each list that the writer sees. By default 20.
    pub shown: usize,
    /// The entries of each list that the reader reads, 1 or more. By default 20.
    pub limit: u32,
    /// The most tokens of a writer's output, 1 or more. By default 2048.
    pub max_tokens: u32,
    /// The most tokens of a reader's output, 1 or more. By default 512.
    pub answer_tokens: u32,
    /// True if outputs follow JSON schemas. The tokenizer must have a token for every printable
    /// ASCII character, and calls are `json`. By default false.
    pub constrained: bool,
    /// The most calls in a constrained output, 1 or more. By default 8.
    pub max_calls: usize,
    /// The most characters of a text in a constrained output, 1 or more. By default 200.
    pub max_chars: usize,
    /// The writer's instructions in place of the built-in ones.
    pub writer_prompt: Option<String>,
    /// The reader's instructions, likewise.
    pub reader_prompt: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            calls: Calls::Json,
            max_chunks: 1,
            shown: 20,
            limit: 20,
            max_tokens: 2048,
            answer_tokens: 512,
            constrained: false,
            max_calls: 8,
            max_chars: 200,
            writer_prompt: None,
            reader_prompt: None,
        }
    }
}

/// The tokens of a call's keys, names and id, and of the object around all calls.
const CALL: usize = 48;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("mem-alpha's options: {why}"));
        let options: Self = serde_json::from_str(object("mem-alpha", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("max_chunks", options.max_chunks > 0),
            ("limit", options.limit > 0),
            ("max_tokens", options.max_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("max_calls", options.max_calls > 0),
            ("max_chars", options.max_chars > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.constrained && options.calls != Calls::Json {
            return Err(invalid(
                "`constrained` outputs are JSON: leave `calls` out, or `constrained`".into(),
            ));
        }
        if options.calls == Calls::Words && options.shown > MOST_MARKS / LISTS.len() {
            return Err(invalid(format!(
                "`shown` is {}: give at most {} where `calls` are `words`",
                options.shown,
                MOST_MARKS / LISTS.len()
            )));
        }
        let needed = options.max_calls * (CALL + (2 * options.max_chars).div_ceil(5));
        if options.constrained && (options.max_tokens as usize) < needed {
            return Err(invalid(format!(
                "`max_tokens` is {}, and a constrained output may take {needed}: give as many, or \
                 less of `max_calls` or `max_chars`",
                options.max_tokens
            )));
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
            (r#"{"show": 6}"#, "show"),
            (r#"{"limit": 0}"#, "`limit` is 0: give 1 or more"),
            (
                r#"{"calls": "xml"}"#,
                "expected one of `json`, `tools`, `words`",
            ),
            (
                r#"{"calls": "words", "constrained": true}"#,
                "`constrained` outputs are JSON",
            ),
            (
                r#"{"calls": "words", "shown": 33}"#,
                "`shown` is 33: give at most 32 where `calls` are `words`",
            ),
            (
                r#"{"calls": "tools", "constrained": true}"#,
                "`constrained` outputs are JSON",
            ),
            (
                r#"{"constrained": true, "max_tokens": 512}"#,
                "`max_tokens` is 512, and a constrained output may take 1024",
            ),
            ("[]", "mem-alpha's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
