//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::quiz::Ask;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// Options of the generator, as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The number of sessions of an episode at horizon 0, 1 to 1000. By default 8.
    pub sessions: u32,
    /// The number of turns of a session, 1 to 64. By default 8.
    pub turns: u32,
    /// The number of people of an episode, 2 to 8. By default 3.
    pub people: u32,
    /// The way in which questions are asked: `questions` after all sessions, or `tasks`: after each
    /// dialogue, which counts as a session too, comes one about all dialogues so far. By default
    /// `questions`.
    pub ask: Ask,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            sessions: 8,
            turns: 8,
            people: 3,
            ask: Ask::Questions,
        }
    }
}

/// The most sessions of an episode; generating them takes well under a second.
pub const MAX_SESSIONS: u32 = 1000;
/// The most turns of a session, more than any chunk of a policy.
const MAX_TURNS: u32 = 64;
/// The fewest people: a mentor is another person.
const MIN_PEOPLE: u32 = 2;
/// The most people, for which every split has enough names.
const MAX_PEOPLE: u32 = 8;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("chronicle", json)?)
            .map_err(|error| Error::Invalid(format!("chronicle's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("chronicle", "sessions", self.sessions, 1..=MAX_SESSIONS)?;
        within("chronicle", "turns", self.turns, 1..=MAX_TURNS)?;
        within("chronicle", "people", self.people, MIN_PEOPLE..=MAX_PEOPLE)
    }

    /// Returns the number of sessions of an episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond [`MAX_SESSIONS`].
    pub fn horizon(&self, horizon: u32) -> Result<u32, Error> {
        match horizon {
            0 => Ok(self.sessions),
            _ => within("chronicle", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon),
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
    fn a_typing_error_in_an_option_is_named() {
        let Err(Error::Invalid(why)) = Options::parse(r#"{"sesions": 4}"#) else {
            panic!("accepted");
        };
        assert!(why.contains("sesions"), "{why}");
    }

    #[test]
    fn questions_are_asked_in_one_of_two_ways() {
        assert_eq!(
            Options::parse(r#"{"ask": "tasks"}"#).unwrap().ask,
            Ask::Tasks
        );
        let Err(Error::Invalid(why)) = Options::parse(r#"{"ask": "never"}"#) else {
            panic!("accepted");
        };
        assert!(why.contains("expected `questions` or `tasks`"), "{why}");
    }

    #[test]
    fn a_life_alone_is_refused() {
        let Err(Error::Invalid(why)) = Options::parse(r#"{"people": 1}"#) else {
            panic!("accepted");
        };
        assert_eq!(why, "chronicle's `people` is 1: give 2 to 8");
    }
}
