//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The unit of a task's reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The share of questions with a right answer.
    Share,
    /// The number of questions with a right answer.
    Count,
}

/// The way in which actions are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actions {
    /// None is listed: any text is an action.
    Open,
    /// Searches and answers are listed.
    Listed,
}

/// Options as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The number of sessions of an episode at horizon 0, each a task, 1 to 1000. By default 1.
    pub tasks: u32,
    /// The number of questions of a task, 1 to 16; at most 3 where actions are listed. By default 2.
    pub objectives: u32,
    /// The most facts that a made-up question joins, 1 or 2. By default 2.
    pub hops: u32,
    /// The number of documents that are searched, 16 to 100000; of a made-up world at most 64. By
    /// default 24.
    pub documents: u32,
    /// The number of acts of a task, the answer included, 1 to 64. By default 6.
    pub turns: u32,
    /// The number of documents that a search shows, 1 to 16. By default 3.
    pub top: u32,
    /// True if no answer counts unless there are as many as questions. By default false.
    pub strict: bool,
    /// The unit of the reward of an act and of the metric `return`. By default `share`.
    pub scale: Scale,
    /// The amount that giving up, or an answer without words, takes off the reward, 0 to 1. By
    /// default 0.
    pub penalty: f32,
    /// The way in which actions are offered. By default `open`.
    pub actions: Actions,
    /// True if advice begins with the sentences that the demonstrator keeps, one a line. By default
    /// false.
    pub notes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            tasks: 1,
            objectives: 2,
            hops: 2,
            documents: 24,
            turns: 6,
            top: 3,
            strict: false,
            scale: Scale::Share,
            penalty: 0.0,
            actions: Actions::Open,
            notes: false,
        }
    }
}

/// The most sessions of an episode.
const MAX_SESSIONS: u32 = 1000;

/// The most documents of a made-up world, which its names allow.
const MAX_MADE_UP: u32 = 64;

/// The most questions of a task whose actions are listed: their answers are listed together.
const MAX_LISTED: u32 = 3;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("quest", json)?)
            .map_err(|error| Error::Invalid(format!("quest's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("quest", "tasks", self.tasks, 1..=MAX_SESSIONS)?;
        within("quest", "objectives", self.objectives, 1..=16)?;
        within("quest", "hops", self.hops, 1..=2)?;
        within("quest", "documents", self.documents, 16..=100_000)?;
        within("quest", "turns", self.turns, 1..=64)?;
        within("quest", "top", self.top, 1..=16)?;
        within("quest", "penalty", self.penalty, 0.0..=1.0)?;
        if self.actions == Actions::Listed && self.objectives > MAX_LISTED {
            return Err(Error::Invalid(format!(
                "quest lists the answers to at most {MAX_LISTED} questions, and `objectives` is \
                 {}: lower it, or set `actions` to `open`",
                self.objectives
            )));
        }
        Ok(())
    }

    /// Returns the number of sessions of a made-up episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond 1000, or there are too few names for the documents.
    pub fn made_up(&self, horizon: u32) -> Result<u32, Error> {
        if self.documents > MAX_MADE_UP {
            return Err(Error::Invalid(format!(
                "quest's `documents` is {}: a made-up world has at most {MAX_MADE_UP}",
                self.documents
            )));
        }
        match horizon {
            0 => Ok(self.tasks),
            _ => within("quest", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon),
        }
    }

    /// Checks that the options fit files.
    ///
    /// # Errors
    /// `invalid` if actions are listed: nobody knows which words of a file may be an answer.
    pub fn of_files(&self) -> Result<(), Error> {
        match self.actions {
            Actions::Open => Ok(()),
            Actions::Listed => Err(Error::Invalid(
                "quest lists the actions of made-up worlds alone: set `actions` to `open` for files"
                    .into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}").unwrap(), Options::default());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"turn": 4}"#, "turn"),
            (r#"{"turns": 0}"#, "quest's `turns` is 0: give 1 to 64"),
            (r#"{"objectives": 17}"#, "`objectives` is 17: give 1 to 16"),
            (r#"{"penalty": 2.0}"#, "`penalty` is 2: give 0 to 1"),
            (r#"{"documents": 8}"#, "`documents` is 8: give 16 to 100000"),
            (
                r#"{"objectives": 4, "actions": "listed"}"#,
                "quest lists the answers to at most 3 questions, and `objectives` is 4: lower it, \
                 or set `actions` to `open`",
            ),
            (r#"{"scale": "sum"}"#, "expected `share` or `count`"),
            ("[]", "quest's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn a_horizon_or_world_that_is_too_large_is_refused() {
        let options = Options::default();
        assert_eq!([options.made_up(0), options.made_up(7)], [Ok(1), Ok(7)]);
        assert_eq!(
            options.made_up(1001),
            Err(Error::Invalid(
                "quest's `horizon` is 1001: give 1 to 1000".into()
            ))
        );
        let options = Options {
            documents: 65,
            ..options
        };
        assert_eq!(
            options.made_up(0),
            Err(Error::Invalid(
                "quest's `documents` is 65: a made-up world has at most 64".into()
            ))
        );
    }
}
