//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::chain::MOST_CHANGES;
use crate::language::CODES;

/// The order of an episode's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// As they were drawn, or as they stand in the file.
    Given,
    /// Those with the fewest steps first.
    EasyFirst,
    /// Those with the most steps first.
    HardFirst,
}

/// The order of an episode's tasks: a name, or the seed of a shuffle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected `given`, `easy-first`, `hard-first`, or a seed from 0"
)]
pub enum Order {
    /// By a rule.
    Named(Named),
    /// Shuffled.
    Shuffled(u64),
}

/// The actions that a task lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actions {
    /// None: any text is an action.
    Open,
    /// The ten answers, without steps.
    Listed,
}

/// Options as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of made-up episodes. By default 1.
    pub seed: u64,
    /// The fewest and the most changes of made-up problems, 1 to 12, or 0 to 12 with code words. By
    /// default 2 and 6.
    pub depth: [u32; 2],
    /// The tasks of an episode, 1 to 1000. By default 8.
    pub tasks: u32,
    /// The order of the tasks. By default as given.
    pub order: Order,
    /// The number of code words of a made-up episode, 0 to 8. By default 0.
    pub codes: u32,
    /// The actions that tasks of made-up episodes list. By default none.
    pub actions: Actions,
    /// The worth of an answer's form, if that of a right answer is 1; 0 to 1. By default 0.
    pub format_weight: f32,
    /// The names of files whose problems are all held out. By default none.
    pub held_out: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            depth: [2, 6],
            tasks: 8,
            order: Order::Named(Named::Given),
            codes: 0,
            actions: Actions::Open,
            format_weight: 0.0,
            held_out: Vec::new(),
        }
    }
}

/// The most tasks of an episode.
pub const MOST_TASKS: u32 = 1000;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("sums", json)?)
            .map_err(|error| Error::Invalid(format!("sums's options: {error}")))?;
        within("sums", "codes", options.codes, 0..=CODES.len() as u32)?;
        let [least, most] = options.depth;
        // A code word gives something to find out even where nothing changes.
        let fewest = u32::from(options.codes == 0);
        within("sums", "depth", least, fewest..=MOST_CHANGES)?;
        within("sums", "depth", most, fewest..=MOST_CHANGES)?;
        if least > most {
            return Err(Error::Invalid(format!(
                "sums's `depth` is [{least}, {most}]: give the fewest steps first"
            )));
        }
        within("sums", "tasks", options.tasks, 1..=MOST_TASKS)?;
        within("sums", "format_weight", options.format_weight, 0.0..=1.0)?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
    }

    #[test]
    fn an_order_is_a_name_or_a_seed() {
        let order = |json: &str| {
            Options::parse(&format!(r#"{{"order": {json}}}"#))
                .unwrap()
                .order
        };
        assert_eq!(order(r#""hard-first""#), Order::Named(Named::HardFirst));
        assert_eq!(order("7"), Order::Shuffled(7));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, why) in [
            (r#"{"depth": [0, 3]}"#, "sums's `depth` is 0: give 1 to 12"),
            (
                r#"{"depth": [2, 13]}"#,
                "sums's `depth` is 13: give 1 to 12",
            ),
            (
                r#"{"depth": [4, 3]}"#,
                "sums's `depth` is [4, 3]: give the fewest steps first",
            ),
            (
                r#"{"codes": 1, "depth": [0, 13]}"#,
                "sums's `depth` is 13: give 0 to 12",
            ),
            (r#"{"codes": 9}"#, "sums's `codes` is 9: give 0 to 8"),
            (r#"{"tasks": 0}"#, "sums's `tasks` is 0: give 1 to 1000"),
            (
                r#"{"format_weight": 1.5}"#,
                "sums's `format_weight` is 1.5: give 0 to 1",
            ),
            ("[]", "sums's options: give a JSON object, for instance {}"),
        ] {
            assert_eq!(Options::parse(json), Err(Error::Invalid(why.into())));
        }
        for (json, part) in [
            (
                r#"{"order": "random"}"#,
                "expected `given`, `easy-first`, `hard-first`, or a seed",
            ),
            (r#"{"order": -1}"#, "or a seed from 0"),
            (r#"{"deep": 2}"#, "unknown field `deep`"),
            (r#"{"actions": "some"}"#, "expected `open` or `listed`"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
