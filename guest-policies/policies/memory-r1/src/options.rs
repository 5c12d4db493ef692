//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The tokens of the list and the object around a constrained output's items, and of its end.
const FRAME: usize = 10;

/// The tokens of an item's keys, brackets and id, at two characters a token.
const ITEM: usize = 32;

/// The most entries in a prompt of words: the number of marks `e1`, `e2`, … that the model knows.
pub const MOST_MARKS: usize = 64;

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

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The form of outputs: `json` or `words`. By default `json`.
    pub form: Form,
    /// In words, true if a verdict keeps a turn whole; false if the words that are kept follow it,
    /// each a token of the model. By default true.
    pub numbered: bool,
    /// True if an extractor finds the facts of each turn. Otherwise, and in words, every turn is a
    /// fact. By default true.
    pub extract: bool,
    /// The number of entries that the manager sees, the best for the facts of a turn together, 1 or
    /// more. By default 10.
    pub related: u32,
    /// True if the manager says only what changes. Otherwise it repeats every entry that it sees,
    /// as in the paper. By default false.
    pub events_only: bool,
    /// The number of entries about each speaker that the answerer reads, 1 or more. By default 30.
    pub answer_limit: u32,
    /// True if the answerer names the useful entries before it answers. By default true.
    pub distil: bool,
    /// The most tokens of an extractor's or manager's output, 1 or more. By default 2048.
    pub max_tokens: u32,
    /// The most tokens of an answerer's output, 1 or more. By default 512.
    pub answer_tokens: u32,
    /// True if outputs follow JSON schemas, with bounds within `max_tokens`. The tokenizer must have
    /// a token for every printable ASCII character. By default false.
    pub constrained: bool,
    /// The most facts of a turn in a constrained output, 1 or more. By default 3.
    pub max_facts: usize,
    /// The most characters of a fact or entry in a constrained output, 1 or more. By default 120.
    pub max_fact_chars: usize,
    /// The extractor's instructions in place of the built-in ones.
    pub extractor_prompt: Option<String>,
    /// The manager's instructions, likewise.
    pub manager_prompt: Option<String>,
    /// The answerer's instructions, likewise.
    pub answerer_prompt: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: Form::Json,
            numbered: true,
            extract: true,
            related: 10,
            events_only: false,
            answer_limit: 30,
            distil: true,
            max_tokens: 2048,
            answer_tokens: 512,
            constrained: false,
            max_facts: 3,
            max_fact_chars: 120,
            extractor_prompt: None,
            manager_prompt: None,
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
        let invalid = |why: String| Error::Invalid(format!("memory-r1's options: {why}"));
        let options: Self = serde_json::from_str(object("memory-r1", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let positive = [
            ("related", options.related > 0),
            ("answer_limit", options.answer_limit > 0),
            ("max_tokens", options.max_tokens > 0),
            ("answer_tokens", options.answer_tokens > 0),
            ("max_facts", options.max_facts > 0),
            ("max_fact_chars", options.max_fact_chars > 0),
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
        let needed = options.most_tokens();
        if options.constrained && (options.max_tokens as usize) < needed {
            return Err(invalid(format!(
                "`max_tokens` is {}, and a constrained output may take {needed}: give as many, or \
                 less of `related`, `max_facts` or `max_fact_chars`, or set `events_only`",
                options.max_tokens
            )));
        }
        Ok(options)
    }

    /// Returns whether an extractor is asked.
    pub fn extracts(&self) -> bool {
        self.extract && self.form == Form::Json
    }

    /// Returns the most items of a manager's constrained output: each fact leads to one at most, and
    /// so does each entry that is repeated.
    pub fn most_items(&self) -> usize {
        let repeated = match self.events_only {
            true => 0,
            false => self.related as usize,
        };
        self.max_facts + repeated
    }

    /// Returns the most tokens of a constrained output. A token holds 2.5 characters of text at
    /// least.
    fn most_tokens(&self) -> usize {
        let text = (2 * self.max_fact_chars).div_ceil(5);
        FRAME + self.most_items() * (ITEM + text)
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
    fn repeated_entries_count() {
        let mut options = Options::default();
        assert_eq!((options.most_items(), options.most_tokens()), (13, 1050));
        options.events_only = true;
        assert_eq!((options.most_items(), options.most_tokens()), (3, 250));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"relate": 6}"#, "relate"),
            (r#"{"related": 0}"#, "`related` is 0: give 1 or more"),
            (r#"{"max_facts": 0}"#, "`max_facts` is 0"),
            (
                r#"{"constrained": true, "max_tokens": 200}"#,
                "`max_tokens` is 200, and a constrained output may take 1050: give as many",
            ),
            (
                r#"{"form": "words", "constrained": true, "max_tokens": 4096}"#,
                "`constrained` outputs are JSON: leave `form` out, or `constrained`",
            ),
            (
                r#"{"form": "words", "related": 65}"#,
                "`related` is 65: give at most 64 where `form` is `words`",
            ),
            (r#"{"form": "xml"}"#, "expected `json` or `words`"),
            ("[]", "memory-r1's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
        let small = r#"{"constrained": true, "max_tokens": 256, "events_only": true}"#;
        assert!(Options::parse(small).is_ok());
    }
}
