//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::rule::Rule;

/// The most entries that a bank can be told to hold.
const MAX_CAPACITY: usize = 100_000;
/// The most chunks that a search looks into.
const MAX_TOP: usize = 1024;

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The mode. By default `places`.
    pub mode: Mode,
    /// The most entries of the kind `state`, 1 to 100000, in the mode `cache` 2 or more. By default
    /// 10000.
    pub capacity: usize,
    /// The most of them in one place, 1 or more; only in the mode `places`. By default there is no
    /// such limit.
    pub per_place: Option<usize>,
    /// The number of entries of a chunk, 1 or more; only in the mode `chunks`. By default a chunk is
    /// a session.
    pub chunk: Option<u64>,
    /// The number of chunks that a search looks into, 1 to 1024; only in the mode `chunks`. By
    /// default 4.
    pub top: Option<usize>,
    /// The rule that makes room for an insertion; not in the mode `cache`. By default there is none,
    /// and a full bank refuses insertions.
    pub rule: Option<Rule>,
}

/// A mode of the bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Slots by place.
    #[default]
    Places,
    /// A history in chunks.
    Chunks,
    /// A cache of states, one a thing.
    Cache,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Places,
            capacity: 10_000,
            per_place: None,
            chunk: None,
            top: None,
            rule: None,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown, out of range or of another mode.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("places's options: {why}"));
        let options: Self = serde_json::from_str(object("places", json)?)
            .map_err(|why| invalid(why.to_string()))?;
        let least = if options.mode == Mode::Cache { 2 } else { 1 };
        within("places", "capacity", options.capacity, least..=MAX_CAPACITY)?;
        within(
            "places",
            "per_place",
            options.per_place.unwrap_or(1),
            1..=MAX_CAPACITY,
        )?;
        within("places", "chunk", options.chunk.unwrap_or(1), 1..=u64::MAX)?;
        within("places", "top", options.top.unwrap_or(1), 1..=MAX_TOP)?;
        let Options { mode, .. } = options;
        for (name, is_foreign, modes) in [
            (
                "per_place",
                options.per_place.is_some() && mode != Mode::Places,
                "places",
            ),
            (
                "chunk",
                options.chunk.is_some() && mode != Mode::Chunks,
                "chunks",
            ),
            (
                "top",
                options.top.is_some() && mode != Mode::Chunks,
                "chunks",
            ),
            (
                "rule",
                options.rule.is_some() && mode == Mode::Cache,
                "places and chunks",
            ),
        ] {
            if is_foreign {
                return Err(invalid(format!("`{name}` is of the mode {modes}")));
            }
        }
        Ok(options)
    }

    /// Returns the number of chunks that a search looks into.
    pub fn top(&self) -> usize {
        self.top.unwrap_or(4)
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
            (
                r#"{"capacity": 0}"#,
                "places's `capacity` is 0: give 1 to 100000",
            ),
            (
                r#"{"per_place": 0}"#,
                "places's `per_place` is 0: give 1 to 100000",
            ),
            (
                r#"{"mode": "chunks", "top": 0}"#,
                "places's `top` is 0: give 1 to 1024",
            ),
            (r#"{"rule": "lru"}"#, "unknown variant `lru`"),
            (r#"{"mode": "maps"}"#, "unknown variant `maps`"),
            (r#"{"size": 3}"#, "unknown field `size`"),
            ("[]", "places's options"),
            (
                r#"{"mode": "cache", "per_place": 3}"#,
                "places's options: `per_place` is of the mode places",
            ),
            (r#"{"chunk": 3}"#, "`chunk` is of the mode chunks"),
            (r#"{"top": 3}"#, "`top` is of the mode chunks"),
            (
                r#"{"mode": "cache", "rule": "fifo"}"#,
                "`rule` is of the mode places and chunks",
            ),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn hcam_a_chunk_of_0_is_invalid() {
        let why = "places's `chunk` is 0: give 1 to 18446744073709551615";
        assert_eq!(
            Options::parse(r#"{"mode": "chunks", "chunk": 0}"#),
            Err(Error::Invalid(why.into()))
        );
    }

    #[test]
    fn karma_a_capacity_of_1_is_invalid() {
        let why = "places's `capacity` is 1: give 2 to 100000";
        assert_eq!(
            Options::parse(r#"{"mode": "cache", "capacity": 1}"#),
            Err(Error::Invalid(why.into()))
        );
    }
}
