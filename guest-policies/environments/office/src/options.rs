//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The form in which the applications appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Calls such as `pay.send to=ann amount=12`.
    Calls,
    /// Pages of elements, with `click e2`, `type e3 ann`, `submit` and `back`.
    Pages,
}

/// The form of a task's actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actions {
    /// Well-formed actions with values that were seen are listed.
    Listed,
    /// Any text is an action.
    Open,
}

/// Options of the generator, as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The number of sessions of an episode at horizon 0, 1 to 200. By default 8.
    pub sessions: u32,
    /// The number of contacts, 3 to 8. By default 4.
    pub people: u32,
    /// The largest number of rows of a table when a task starts, 4 to 40. By default 6.
    pub rows: u32,
    /// The number of different templates of an episode, 1 to 12. By default 4.
    pub templates: u32,
    /// The probability that a task repeats a template of the episode, 0 to 1. By default 0.5.
    pub repeat: f64,
    /// The largest number of applications that a task needs, 1 to 3. By default 3.
    pub difficulty: u32,
    /// Gives episodes quirks. By default true.
    pub quirks: bool,
    /// The form of the applications. By default calls.
    pub view: View,
    /// The form of actions. By default they are listed.
    pub actions: Actions,
    /// The number of acts that a task allows, as a multiple of those that an expert needs, 1 to
    /// 10. By default 1.2.
    pub budget: f64,
    /// In pages, the share of the fields of a task's forms that are filled already, 0 to 1. By
    /// default 0.
    pub given: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            sessions: 8,
            people: 4,
            rows: 6,
            templates: 4,
            repeat: 0.5,
            difficulty: 3,
            quirks: true,
            view: View::Calls,
            actions: Actions::Listed,
            budget: 1.2,
            given: 0.0,
        }
    }
}

/// The most sessions of an episode; generating them takes about a second.
pub const MAX_SESSIONS: u32 = 200;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("office", json)?)
            .map_err(|error| Error::Invalid(format!("office's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("office", "sessions", self.sessions, 1..=MAX_SESSIONS)?;
        within("office", "people", self.people, 3..=8)?;
        within("office", "rows", self.rows, 4..=40)?;
        within("office", "templates", self.templates, 1..=12)?;
        within("office", "repeat", self.repeat, 0.0..=1.0)?;
        within("office", "difficulty", self.difficulty, 1..=3)?;
        within("office", "budget", self.budget, 1.0..=10.0)?;
        within("office", "given", self.given, 0.0..=1.0)?;
        if self.given > 0.0 && self.view == View::Calls {
            return Err(Error::Invalid(
                "office's `given` fills the forms of pages: set `view` to \"pages\"".into(),
            ));
        }
        Ok(())
    }

    /// Returns the number of sessions of an episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond [`MAX_SESSIONS`].
    pub fn horizon(&self, horizon: u32) -> Result<u32, Error> {
        match horizon {
            0 => Ok(self.sessions),
            _ => within("office", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn refused(json: &str) -> String {
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
    fn a_typing_error_in_an_option_is_named() {
        assert!(refused(r#"{"sesions": 4}"#).contains("sesions"));
        assert!(refused(r#"{"view": "cards"}"#).contains("cards"));
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_range() {
        assert_eq!(
            refused(r#"{"people": 1}"#),
            "office's `people` is 1: give 3 to 8"
        );
        assert_eq!(
            refused(r#"{"repeat": 1.5}"#),
            "office's `repeat` is 1.5: give 0 to 1"
        );
        assert!(refused(r#"{"given": 0.5}"#).contains("pages"));
    }
}
