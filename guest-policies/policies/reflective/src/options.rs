//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most entries in a prompt of words: the number of marks `e1`, `e2`, … that the model knows.
pub const MOST_MARKS: usize = 64;

/// The most turns that a topic of a constrained output names.
pub const MOST_TURNS: usize = 4;

/// The tokens of a topic's keys, brackets and turns.
const TOPIC: usize = 64;

/// The form of outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// JSON, and answers in free text with citations.
    #[default]
    Json,
    /// Words under a grammar, for small models from nothing.
    Words,
}

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The form of outputs: `json` or `words`. By default `json`.
    pub form: Form,
    /// The most chunks of a session, 1 or more. By default 1.
    pub max_chunks: usize,
    /// The nearest topics that the merger sees, 1 to 64. By default 5.
    pub related: u32,
    /// The most tokens of a summariser's or merger's output, 1 or more. By default 1024.
    pub max_tokens: u32,
    /// The most tokens of an answerer's output, 1 or more. By default 256.
    pub answer_tokens: u32,
    /// True if outputs follow JSON schemas. The tokenizer must have a token for every printable
    /// ASCII character. By default false.
    pub constrained: bool,
    /// The most topics of a chunk in a constrained output, 1 or more. By default 6.
    pub max_topics: usize,
    /// The most characters of a summary in a constrained output, 1 or more. By default 160.
    pub max_chars: usize,
    /// The summariser's instructions in place of the built-in ones.
    pub summariser_prompt: Option<String>,
    /// The merger's instructions, likewise.
    pub merger_prompt: Option<String>,
    /// The answerer's instructions, likewise.
    pub answerer_prompt: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: Form::Json,
            max_chunks: 1,
            related: 5,
            max_tokens: 1024,
            answer_tokens: 256,
            constrained: false,
            max_topics: 6,
            max_chars: 160,
            summariser_prompt: None,
            merger_prompt: None,
            answerer_prompt: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("reflective's options: {why}"));
        let options: Self = serde_json::from_str(object("reflective", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("max_chunks", options.max_chunks > 0),
            ("max_tokens", options.max_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("max_topics", options.max_topics > 0),
            ("max_chars", options.max_chars > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        let related = options.related as usize;
        if !(1..=MOST_MARKS).contains(&related) {
            return Err(invalid(format!(
                "`related` is {related}: give 1 to {MOST_MARKS}"
            )));
        }
        if options.form == Form::Words && options.constrained {
            return Err(invalid(
                "`constrained` outputs are JSON: leave `form` out, or `constrained`".into(),
            ));
        }
        // A token holds 2.5 characters of text at least.
        let needed = options.max_topics * (TOPIC + (2 * options.max_chars).div_ceil(5));
        if options.constrained && (options.max_tokens as usize) < needed {
            return Err(invalid(format!(
                "`max_tokens` is {}, and a constrained output may take {needed}: give as many, or \
                 less of `max_topics` or `max_chars`",
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
            (r#"{"relate": 6}"#, "relate"),
            (r#"{"related": 0}"#, "`related` is 0: give 1 to 64"),
            (r#"{"related": 65}"#, "`related` is 65: give 1 to 64"),
            (r#"{"max_topics": 0}"#, "`max_topics` is 0: give 1 or more"),
            (r#"{"form": "xml"}"#, "expected `json` or `words`"),
            (
                r#"{"form": "words", "constrained": true}"#,
                "`constrained` outputs are JSON: leave `form` out, or `constrained`",
            ),
            (
                r#"{"constrained": true, "max_tokens": 512}"#,
                "`max_tokens` is 512, and a constrained output may take 768: give as many",
            ),
            ("[]", "reflective's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
