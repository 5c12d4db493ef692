//! The options.

use std::collections::BTreeSet;

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The kind of tasks of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Questions about made-up things.
    Questions,
    /// Rankings of items for a person.
    Shop,
    /// Four numbers that make 24.
    Puzzle,
}

/// The way in which tasks offer their actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actions {
    /// Tasks list actions.
    Listed,
    /// Any text is an action.
    Open,
}

/// A source of facts in mode `questions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// The archive, which is free.
    Search,
    /// The advisers, who charge.
    Ask,
}

/// The measure of an answer in mode `questions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Exact match, 0 or 1.
    Em,
    /// F1 over words.
    F1,
}

/// The measure of what advisers cost, in the metric `route`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// The share of the budget.
    Budget,
    /// The place among the costs of the episode's tasks so far, as in Router-R1.
    Percentile,
}

/// Options of the generator, as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The kind of tasks. By default questions.
    pub mode: Mode,
    /// The number of sessions of an episode at horizon 0, 1 to 1000. By default 8.
    pub sessions: u32,
    /// The number of turns of a dialogue, 8 to 32. By default 10.
    pub turns: u32,
    /// The way in which tasks offer their actions. By default listed.
    pub actions: Actions,
    /// The actions that a task allows beyond the fewest with a perfect memory, 0 to 20. By
    /// default 1.
    pub slack: u32,
    /// Questions: what may be used beside `answer`. By default search and ask.
    pub tools: BTreeSet<Tool>,
    /// Questions: the number of things of each kind, 6 to 12. By default 6.
    pub entities: u32,
    /// Questions: the number of domains, 1 to 3: people, firms, towns. By default 3.
    pub domains: u32,
    /// Questions: the most relations of a question, 1 to 3. By default 3.
    pub hops: u32,
    /// Questions: true if dialogues tell facts that tasks need; false if they tell only whom to trust,
    /// and facts are to be found out. By default true.
    pub told: bool,
    /// Questions: the number of advisers, 1 to 6. By default 3.
    pub advisers: u32,
    /// Questions: the probability that an adviser claims no domain that he is not good at. By
    /// default 0.5.
    pub honesty: f64,
    /// Questions: the coins for each task, 5 to 100. By default 10.
    pub budget: u32,
    /// Questions: the share of the reward that spending all coins costs, 0 to 1. By default
    /// 0.2.
    pub price_weight: f64,
    /// Questions: the measure of an answer. By default exact match.
    pub reward: Measure,
    /// Questions: the measure of what advisers cost, in the metric `route`. By default the budget.
    pub cost: Cost,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            mode: Mode::Questions,
            sessions: 8,
            turns: 10,
            actions: Actions::Listed,
            slack: 1,
            tools: [Tool::Search, Tool::Ask].into(),
            entities: 6,
            domains: 3,
            hops: 3,
            told: true,
            advisers: 3,
            honesty: 0.5,
            budget: 10,
            price_weight: 0.2,
            reward: Measure::Em,
            cost: Cost::Budget,
        }
    }
}

/// The most sessions of an episode.
pub const MAX_SESSIONS: u32 = 1000;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("counsel", json)?)
            .map_err(|error| Error::Invalid(format!("counsel's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("counsel", "sessions", self.sessions, 1..=MAX_SESSIONS)?;
        within("counsel", "turns", self.turns, 8..=32)?;
        within("counsel", "slack", self.slack, 0..=20)?;
        within("counsel", "entities", self.entities, 6..=12)?;
        within("counsel", "domains", self.domains, 1..=3)?;
        within("counsel", "hops", self.hops, 1..=3)?;
        within("counsel", "advisers", self.advisers, 1..=6)?;
        within("counsel", "honesty", self.honesty, 0.0..=1.0)?;
        within("counsel", "budget", self.budget, 5..=100)?;
        within("counsel", "price_weight", self.price_weight, 0.0..=1.0)
    }

    /// Returns the number of sessions of an episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond [`MAX_SESSIONS`].
    pub fn horizon(&self, horizon: u32) -> Result<u32, Error> {
        match horizon {
            0 => Ok(self.sessions),
            _ => within("counsel", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn refusal(json: &str) -> String {
        match Options::parse(json) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}").unwrap(), Options::default());
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(refusal(r#"{"sesions": 4}"#).contains("sesions"));
        assert!(refusal(r#"{"mode": "chess"}"#).contains("chess"));
        assert!(refusal(r#"{"tools": ["browse"]}"#).contains("browse"));
        assert!(refusal(r#"{"cost": "tokens"}"#).contains("tokens"));
    }

    #[test]
    fn what_is_out_of_range_is_named_with_the_range() {
        for (json, why) in [
            (
                r#"{"sessions": 0}"#,
                "counsel's `sessions` is 0: give 1 to 1000",
            ),
            (r#"{"turns": 7}"#, "counsel's `turns` is 7: give 8 to 32"),
            (r#"{"slack": 21}"#, "counsel's `slack` is 21: give 0 to 20"),
            (
                r#"{"entities": 5}"#,
                "counsel's `entities` is 5: give 6 to 12",
            ),
            (r#"{"domains": 4}"#, "counsel's `domains` is 4: give 1 to 3"),
            (r#"{"hops": 0}"#, "counsel's `hops` is 0: give 1 to 3"),
            (
                r#"{"advisers": 0}"#,
                "counsel's `advisers` is 0: give 1 to 6",
            ),
            (
                r#"{"honesty": 1.5}"#,
                "counsel's `honesty` is 1.5: give 0 to 1",
            ),
            (r#"{"budget": 4}"#, "counsel's `budget` is 4: give 5 to 100"),
            (
                r#"{"price_weight": -1}"#,
                "counsel's `price_weight` is -1: give 0 to 1",
            ),
        ] {
            assert_eq!(refusal(json), why);
        }
    }
}
