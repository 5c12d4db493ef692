//! What a user can set.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::names::Split;

/// Options of the generator, as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Another seed is another world. By default 1.
    pub seed: u64,
    /// Sessions of an episode that is opened with horizon 0, 1 to 1000. By default 8.
    pub sessions: u32,
    /// Turns of a session, 1 to 64. By default 8.
    pub turns: u32,
    /// People of an episode, 2 to 8. By default 3.
    pub people: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            sessions: 8,
            turns: 8,
            people: 3,
        }
    }
}

/// The longest episode: generating it still takes well under a second.
pub const MAX_SESSIONS: u32 = 1000;
/// More turns a session than any chunk of a policy holds.
const MAX_TURNS: u32 = 64;
/// A life needs somebody else to be a mentor.
const MIN_PEOPLE: u32 = 2;
/// Every split's pool of names can seat this many.
const MAX_PEOPLE: u32 = 8;

impl Options {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// `invalid` where it is no JSON, names an unknown option or a value is out
    /// of its range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("chronicle", json)?)
            .map_err(|error| Error::Invalid(format!("chronicle's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        within("sessions", self.sessions, 1, MAX_SESSIONS)?;
        within("turns", self.turns, 1, MAX_TURNS)?;
        within("people", self.people, MIN_PEOPLE, MAX_PEOPLE)
    }

    /// Sessions of an episode that is opened with `horizon`.
    ///
    /// # Errors
    /// `invalid` where the horizon is beyond [`MAX_SESSIONS`].
    pub fn horizon(&self, horizon: u32) -> Result<u32, Error> {
        match horizon {
            0 => Ok(self.sessions),
            _ => within("horizon", horizon, 1, MAX_SESSIONS).map(|()| horizon),
        }
    }
}

fn within(name: &str, value: u32, least: u32, most: u32) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "chronicle's `{name}` is {value}: give {least} to {most}"
    )))
}

/// Which episode is open. Together with [`Options`] it decides every byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Whose names it uses.
    pub split: Split,
    /// Its number in the split.
    pub index: u64,
    /// How many sessions it has.
    pub sessions: u32,
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
    fn a_life_alone_is_refused() {
        let Err(Error::Invalid(why)) = Options::parse(r#"{"people": 1}"#) else {
            panic!("accepted");
        };
        assert_eq!(why, "chronicle's `people` is 1: give 2 to 8");
    }
}
