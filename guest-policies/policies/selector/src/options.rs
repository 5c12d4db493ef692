//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most turns in a chunk: the number of markers `t1`, `t2`, … that the model knows.
pub const MAX_CHUNK_TURNS: usize = 16;
/// The most related entries in a manager's prompt: the number of markers `e1`, `e2`, ….
pub const MAX_RELATED: usize = 64;

/// Options of the policy, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The number of turns in a chunk, 1 to 16. By default 8.
    pub chunk_turns: usize,
    /// The number of related entries shown for each fact; times `chunk_turns` at most 64. By
    /// default 3.
    pub related: usize,
    /// True if an extractor drops turns first. Otherwise the manager decides on every turn,
    /// whatever the value of `ask_manager`. By default true.
    pub extractor: bool,
    /// The facts on which the manager decides. By default `always`.
    pub ask_manager: AskManager,
    /// The number of entries that the reader reads, 1 or more. By default 2.
    pub answer_limit: u32,
}

/// The facts on which the manager decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskManager {
    /// All facts.
    Always,
    /// Facts with related entries; others are inserted directly.
    Related,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chunk_turns: 8,
            related: 3,
            extractor: true,
            ask_manager: AskManager::Always,
            answer_limit: 2,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("selector", json)?)
            .map_err(|why| Error::Invalid(format!("selector's options: {why}")))?;
        let Self {
            chunk_turns,
            related,
            answer_limit,
            ..
        } = options;
        let wrong = if !(1..=MAX_CHUNK_TURNS).contains(&chunk_turns) {
            format!("`chunk_turns` is {chunk_turns}: give 1 to {MAX_CHUNK_TURNS}")
        } else if related > MAX_RELATED / chunk_turns {
            format!(
                "`related` is {related}: give at most {} with `chunk_turns` {chunk_turns}",
                MAX_RELATED / chunk_turns
            )
        } else if answer_limit == 0 {
            "`answer_limit` is 0: give 1 or more".into()
        } else {
            return Ok(options);
        };
        Err(Error::Invalid(format!("selector's options: {wrong}")))
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
    fn what_is_set_is_read() {
        let json = r#"{"chunk_turns": 4, "related": 5, "extractor": false, "ask_manager": "related", "answer_limit": 1}"#;
        let expected = Options {
            chunk_turns: 4,
            related: 5,
            extractor: false,
            ask_manager: AskManager::Related,
            answer_limit: 1,
        };
        assert_eq!(Options::parse(json), Ok(expected));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let refusals = [
            (r#"{"chunk_turn": 4}"#, "chunk_turn"),
            (r#"{"chunk_turns": 0}"#, "`chunk_turns` is 0: give 1 to 16"),
            (
                r#"{"chunk_turns": 16, "related": 5}"#,
                "`related` is 5: give at most 4",
            ),
            (r#"{"answer_limit": 0}"#, "`answer_limit` is 0"),
            ("", "selector's options"),
        ];
        for (json, part) in refusals {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json:?} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
