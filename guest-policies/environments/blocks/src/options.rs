//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::worlds::World;

/// The order of an episode's tasks by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// As they were drawn.
    Given,
    /// Those with the fewest goals first.
    EasyFirst,
    /// Those with the most goals first.
    HardFirst,
}

/// The order of an episode's tasks: a name, or the seed of a shuffle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The feedback beside what is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    /// None: any text is an action.
    Observation,
    /// The actions that are possible are listed.
    ValidActions,
}

/// Options as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The world. By default `blocksworld`.
    pub world: World,
    /// The fewest and the most blocks or balls of a task, 2 to 7. By default 3 and 6.
    pub size: [u32; 2],
    /// The number of moves after which a task ends, 1 to 200. By default 30.
    pub steps: u32,
    /// The tasks of an episode, 1 to 1000. By default 1.
    pub tasks: u32,
    /// The order of the tasks. By default as given.
    pub order: Order,
    /// The feedback beside what is seen. By default `observation`.
    pub feedback: Feedback,
    /// True if advice begins with a line that has the goal that it serves. By default false.
    pub subgoals: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            world: World::Blocksworld,
            size: [3, 6],
            steps: 30,
            tasks: 1,
            order: Order::Named(Named::Given),
            feedback: Feedback::Observation,
            subgoals: false,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("blocks", json)?)
            .map_err(|error| Error::Invalid(format!("blocks's options: {error}")))?;
        let [least, most] = options.size;
        // The expert searches through all states of a world, which are too many for eight blocks.
        within("blocks", "size", least, 2..=7)?;
        within("blocks", "size", most, 2..=7)?;
        if least > most {
            return Err(Error::Invalid(format!(
                "blocks's `size` is [{least}, {most}]: give the smaller number first"
            )));
        }
        within("blocks", "steps", options.steps, 1..=200)?;
        within("blocks", "tasks", options.tasks, 1..=1000)?;
        Ok(options)
    }

    /// Returns the JSON object that gives these options.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::json!(self).to_string()
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
            let options = Options::parse(&format!(r#"{{"order": {json}}}"#));
            options.unwrap().order
        };
        assert_eq!(order(r#""hard-first""#), Order::Named(Named::HardFirst));
        assert_eq!(order("7"), Order::Shuffled(7));
    }

    #[test]
    fn options_read_back_from_their_json() {
        for json in ["{}", r#"{"order": 7, "world": "gripper", "size": [2, 2]}"#] {
            let options = Options::parse(json).unwrap();
            assert_eq!(Options::parse(&options.json()), Ok(options));
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"step": 4}"#, "unknown field `step`"),
            (r#"{"steps": 0}"#, "blocks's `steps` is 0: give 1 to 200"),
            (r#"{"size": [1, 3]}"#, "blocks's `size` is 1: give 2 to 7"),
            (r#"{"size": [3, 8]}"#, "blocks's `size` is 8: give 2 to 7"),
            (
                r#"{"size": [4, 3]}"#,
                "blocks's `size` is [4, 3]: give the smaller number first",
            ),
            (r#"{"tasks": 0}"#, "blocks's `tasks` is 0: give 1 to 1000"),
            (
                r#"{"world": "barman"}"#,
                "expected `blocksworld` or `gripper`",
            ),
            (
                r#"{"feedback": "none"}"#,
                "expected `observation` or `valid-actions`",
            ),
            (
                r#"{"order": "random"}"#,
                "expected `given`, `easy-first`, `hard-first`, or a seed",
            ),
            (
                "[]",
                "blocks's options: give a JSON object, for instance {}",
            ),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
