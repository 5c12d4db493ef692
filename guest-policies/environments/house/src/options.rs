//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// A kind of session after the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A dialogue about things that were moved.
    Report,
    /// A task: bring a thing to a place.
    Find,
    /// A task: open lockers with keys, up to a treasure.
    Hunt,
    /// A task: put things back where they were at first.
    Tidy,
    /// A task: make a meal and eat it.
    Cook,
    /// A task: craft a thing from things.
    Craft,
    /// A task: answer a question about the past.
    Recall,
}

/// The first session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tour {
    /// A task: see everything.
    Walked,
    /// A dialogue: an inhabitant tells what is where.
    Told,
}

/// The form of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Tasks and observations list what may be done.
    Listed,
    /// They do not.
    Open,
}

/// Options of the generator, as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The number of rooms, 2 to 12. By default 6.
    pub rooms: usize,
    /// The number of movable objects beside keys, 6 to 30. By default 12.
    pub objects: usize,
    /// The number of sessions of an episode at horizon 0, 1 to 1000. By default 6.
    pub sessions: u32,
    /// The first session. By default `walked`.
    pub tour: Tour,
    /// The kinds of sessions after the tour, at least one of them a task. Each round of as many
    /// sessions has all of them in random order. By default report, find, hunt and tidy.
    pub mix: Vec<Kind>,
    /// The probability with which an object is moved between two sessions, 0 to 1. By default
    /// 0.15.
    pub drift: f64,
    /// The number of lockers, each with a key, beside the two that hunts need at most; at most
    /// `rooms` - 2. By default 1.
    pub distractors: usize,
    /// The form of actions. By default `listed`.
    pub actions: Form,
    /// The number of actions that a task allows for each that it needs, 1 to 10; three more are
    /// always allowed. By default 1.5.
    pub budget: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            rooms: 6,
            objects: 12,
            sessions: 6,
            tour: Tour::Walked,
            mix: vec![Kind::Report, Kind::Find, Kind::Hunt, Kind::Tidy],
            drift: 0.15,
            distractors: 1,
            actions: Form::Listed,
            budget: 1.5,
        }
    }
}

/// The most sessions of an episode.
const MAX_SESSIONS: u32 = 1000;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("house", json)?)
            .map_err(|error| Error::Invalid(format!("house's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("house", "rooms", self.rooms, 2..=12)?;
        within("house", "objects", self.objects, 6..=30)?;
        within("house", "sessions", self.sessions, 1..=MAX_SESSIONS)?;
        within("house", "drift", self.drift, 0.0..=1.0)?;
        within("house", "distractors", self.distractors, 0..=self.rooms - 2)?;
        within("house", "budget", self.budget, 1.0..=10.0)?;
        if self.mix.iter().all(|kind| *kind == Kind::Report) {
            return Err(Error::Invalid(
                "house's `mix` has no task: add find, hunt, tidy, cook, craft or recall".into(),
            ));
        }
        Ok(())
    }

    /// Returns the number of sessions of an episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond 1000.
    pub fn horizon(&self, horizon: u32) -> Result<u32, Error> {
        match horizon {
            0 => Ok(self.sessions),
            _ => within("house", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon),
        }
    }

    /// Returns true if the mix has this kind.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.mix.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn refusal(json: &str) -> String {
        match Options::parse(json) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}").unwrap(), Options::default());
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(refusal(r#"{"romms": 4}"#).contains("romms"));
        assert!(refusal(r#"{"mix": ["find", "sleep"]}"#).contains("sleep"));
        assert!(refusal(r#"{"actions": "any"}"#).contains("any"));
    }

    #[test]
    fn what_is_out_of_range_is_named_with_its_range() {
        for (json, why) in [
            (r#"{"rooms": 0}"#, "house's `rooms` is 0: give 2 to 12"),
            (r#"{"objects": 5}"#, "house's `objects` is 5: give 6 to 30"),
            (
                r#"{"sessions": 0}"#,
                "house's `sessions` is 0: give 1 to 1000",
            ),
            (r#"{"drift": 1.5}"#, "house's `drift` is 1.5: give 0 to 1"),
            (
                r#"{"rooms": 3, "distractors": 2}"#,
                "house's `distractors` is 2: give 0 to 1",
            ),
            (
                r#"{"budget": 0.5}"#,
                "house's `budget` is 0.5: give 1 to 10",
            ),
            (
                r#"{"mix": ["report"]}"#,
                "house's `mix` has no task: add find, hunt, tidy, cook, craft or recall",
            ),
        ] {
            assert_eq!(refusal(json), why);
        }
    }
}
