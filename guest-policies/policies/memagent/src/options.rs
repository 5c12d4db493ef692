//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// True if outputs are control words under a grammar and prompts have few words, for small
    /// models from nothing. By default false: outputs are text.
    pub constrained: bool,
    /// True if a constrained reader gives a verdict on each numbered sentence; false if it says those
    /// that it keeps in their own words and punctuation, each a token of the model. By default
    /// true.
    pub numbered: bool,
    /// The most tokens of the memory, 1 or more. By default 1024.
    pub memory_tokens: u32,
    /// The most tokens of an answer as text, 1 or more. By default 256.
    pub answer_tokens: u32,
    /// The most words of a section of dialogue, 1 or more. By default 3500. A task has sections of
    /// its own.
    pub section_words: usize,
    /// True if the answer to a text prompt is asked for as `\boxed{}`, false if as `answer: …`. By
    /// default true.
    pub boxed: bool,
    /// The reader's instructions in place of the built-in ones, which are none where outputs are
    /// constrained.
    pub reader_prompt: Option<String>,
    /// The answerer's instructions in place of the built-in ones, which are none where outputs are
    /// constrained.
    pub answerer_prompt: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constrained: false,
            numbered: true,
            memory_tokens: 1024,
            answer_tokens: 256,
            section_words: 3500,
            boxed: true,
            reader_prompt: None,
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
        let invalid = |why: String| Error::Invalid(format!("memagent's options: {why}"));
        let options: Self = serde_json::from_str(object("memagent", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("memory_tokens", options.memory_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("section_words", options.section_words > 0),
        ];
        match positive.into_iter().find(|(_, fits)| !fits) {
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
            (r#"{"memory": 4}"#, "memory"),
            (
                r#"{"memory_tokens": 0}"#,
                "memagent's options: `memory_tokens` is 0: give 1 or more",
            ),
            (r#"{"answer_tokens": 0}"#, "`answer_tokens` is 0"),
            (r#"{"section_words": 0}"#, "`section_words` is 0"),
            (r#"{"boxed": "yes"}"#, "boolean"),
            ("[]", "memagent's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
