//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most neighbours in a prompt of words: the number of marks `e1`, `e2`, … that the model knows.
pub const MOST_MARKS: usize = 16;

/// The most keywords or tags of a note in a constrained output.
pub const MOST_ITEMS: usize = 4;

/// The most characters of a keyword or tag in a constrained output.
pub const ITEM_CHARS: usize = 24;

/// The tokens of the keys, brackets and values without texts of an evolver's output, and of its end.
const FRAME: usize = 96;

/// The tokens that the keywords of a question, and an answer, may take in a constrained output.
const ANSWER_TOKENS: u32 = 64;

/// The form of outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// JSON.
    #[default]
    Json,
    /// Words under a grammar, for small models from nothing.
    Words,
}

/// Options of the policy, a JSON object. Unknown names are refused. Defaults of numbers of notes are
/// those of the paper's code.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The form of outputs: `json` or `words`. By default `json`.
    pub form: Form,
    /// The number of neighbours that the evolver sees, 1 or more; in words at most 16. By default 5.
    pub related: u32,
    /// The number of nearest notes that the answerer reads, each with as many linked ones at most, 1
    /// or more. By default 10.
    pub answer_limit: u32,
    /// The most tokens of an analyser's or evolver's output, 1 or more. By default 1024.
    pub max_tokens: u32,
    /// The most tokens of the keywords of a question, and of an answer, 1 or more. By default 256.
    pub answer_tokens: u32,
    /// True if outputs follow JSON schemas that end within their tokens. The tokenizer must have a
    /// token for every printable ASCII character. By default false.
    pub constrained: bool,
    /// The most characters of a context in a constrained output, 1 or more. By default 100.
    pub max_chars: usize,
    /// The analyser's instructions in place of the built-in ones.
    pub analyser_prompt: Option<String>,
    /// The evolver's instructions, likewise.
    pub evolver_prompt: Option<String>,
    /// The instructions for the keywords of a question, likewise.
    pub keywords_prompt: Option<String>,
    /// The answerer's instructions, likewise.
    pub answerer_prompt: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: Form::Json,
            related: 5,
            answer_limit: 10,
            max_tokens: 1024,
            answer_tokens: 256,
            constrained: false,
            max_chars: 100,
            analyser_prompt: None,
            evolver_prompt: None,
            keywords_prompt: None,
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
        let invalid = |why: String| Error::Invalid(format!("amem's options: {why}"));
        let options: Self =
            serde_json::from_str(object("amem", json)?).map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("related", options.related > 0),
            ("answer_limit", options.answer_limit > 0),
            ("max_tokens", options.max_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("max_chars", options.max_chars > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, fits)| !fits) {
            return Err(invalid(format!("`{name}` is 0: give 1 or more")));
        }
        if options.form == Form::Words && options.constrained {
            return Err(invalid(
                "`constrained` outputs are JSON: leave `form` out, or `constrained`".into(),
            ));
        }
        if options.form == Form::Words && options.related as usize > MOST_MARKS {
            return Err(invalid(format!(
                "`related` is {}: give at most {MOST_MARKS} where `form` is `words`",
                options.related
            )));
        }
        if options.constrained && options.answer_tokens < ANSWER_TOKENS {
            return Err(invalid(format!(
                "`answer_tokens` is {}, and a constrained output may take {ANSWER_TOKENS}: give as \
                 many",
                options.answer_tokens
            )));
        }
        let needed = options.most_tokens();
        if options.constrained && (options.max_tokens as usize) < needed {
            return Err(invalid(format!(
                "`max_tokens` is {}, and a constrained output may take {needed}: give as many, or \
                 less of `related` or `max_chars`",
                options.max_tokens
            )));
        }
        Ok(options)
    }

    /// Returns the most tokens of an evolver's constrained output, the longest of all. A token holds 2.5
    /// characters of text at least, and each text and list has four tokens of marks.
    fn most_tokens(&self) -> usize {
        let text = |chars: usize| (2 * chars).div_ceil(5) + 4;
        let items = 4 + MOST_ITEMS * text(ITEM_CHARS);
        let neighbour = text(self.max_chars) + items + text(ITEM_CHARS);
        FRAME + items + (self.related as usize).saturating_mul(neighbour)
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
            (r#"{"related": 0}"#, "`related` is 0: give 1 or more"),
            (r#"{"answer_limit": 0}"#, "`answer_limit` is 0"),
            (r#"{"form": "xml"}"#, "expected `json` or `words`"),
            (
                r#"{"form": "words", "related": 17}"#,
                "`related` is 17: give at most 16 where `form` is `words`",
            ),
            (
                r#"{"form": "words", "constrained": true}"#,
                "`constrained` outputs are JSON: leave `form` out, or `constrained`",
            ),
            (
                r#"{"constrained": true, "max_tokens": 512}"#,
                "`max_tokens` is 512, and a constrained output may take 746: give as many, or less of \
                 `related` or `max_chars`",
            ),
            (
                r#"{"constrained": true, "answer_tokens": 32}"#,
                "`answer_tokens` is 32, and a constrained output may take 64: give as many",
            ),
            ("[]", "amem's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
        assert!(Options::parse(r#"{"constrained": true}"#).is_ok());
    }
}
