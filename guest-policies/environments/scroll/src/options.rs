//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

use crate::names::FEWEST_NAMES;

/// The treatment of a text with more sections than are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// Its episode is not opened.
    Refuse,
    /// It loses the sections in its middle.
    Middle,
}

/// The measure of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The answer is a right one.
    Exact,
    /// The answer contains a right one.
    Contains,
}

/// The moment at which a question is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// Before the text is read, in the instruction of a task.
    First,
    /// After all sessions. Texts are dialogues then, with a turn for each section.
    Last,
}

/// Options as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The seed of all episodes. By default 1.
    pub seed: u64,
    /// The number of sessions of an episode at horizon 0, each with a text, 1 to 1000. By
    /// default 1.
    pub tasks: u32,
    /// The number of documents of a text, 2 to 1000; of made-up people at most 144. By default 8.
    pub documents: u32,
    /// The most sections of a text, 1 to 64. By default 4.
    pub sections: u32,
    /// The most words of a section, 8 to 100000. By default 64.
    pub section_words: u32,
    /// The most facts that a made-up question joins, 1 or 2. By default 2.
    pub hops: u32,
    /// The treatment of a text with more sections. By default `refuse`.
    pub over: Over,
    /// The measure of an answer. By default `exact`.
    pub metric: Metric,
    /// The number of characters at the end of an answer that count; 0 for all. By default 0.
    pub tail: u32,
    /// The moment at which a question is known. By default `first`.
    pub question: Asked,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            tasks: 1,
            documents: 8,
            sections: 4,
            section_words: 64,
            hops: 2,
            over: Over::Refuse,
            metric: Metric::Exact,
            tail: 0,
            question: Asked::First,
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
        let options: Self = serde_json::from_str(object("scroll", json)?)
            .map_err(|error| Error::Invalid(format!("scroll's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// `invalid` for the first value out of range.
    pub fn check(&self) -> Result<(), Error> {
        within("scroll", "tasks", self.tasks, 1..=MAX_SESSIONS)?;
        within("scroll", "documents", self.documents, 2..=1000)?;
        within("scroll", "sections", self.sections, 1..=64)?;
        within("scroll", "section_words", self.section_words, 8..=100_000)?;
        within("scroll", "hops", self.hops, 1..=2)
    }

    /// Returns the number of sessions of a made-up episode with this horizon.
    ///
    /// # Errors
    /// `invalid` if the horizon is beyond 1000, or there are too few names: the people of a text,
    /// or of all texts if questions are asked at the end, differ.
    pub fn made_up(&self, horizon: u32) -> Result<u32, Error> {
        let sessions = match horizon {
            0 => self.tasks,
            _ => within("scroll", "horizon", horizon, 1..=MAX_SESSIONS).map(|()| horizon)?,
        };
        let texts = match self.question {
            Asked::First => 1,
            Asked::Last => sessions,
        };
        let people = texts * self.documents;
        if people as usize > FEWEST_NAMES {
            return Err(Error::Invalid(format!(
                "scroll has {FEWEST_NAMES} names, but {people} people are needed: lower \
                 `documents`, or the number of sessions where the question comes last"
            )));
        }
        Ok(sessions)
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
        assert!(refusal(r#"{"section": 4}"#).contains("section"));
        assert!(refusal(r#"{"over": "end"}"#).contains("end"));
        assert!(refusal(r#"{"question": "never"}"#).contains("never"));
    }

    #[test]
    fn what_is_out_of_range_is_named_with_its_range() {
        for (json, why) in [
            (r#"{"tasks": 0}"#, "scroll's `tasks` is 0: give 1 to 1000"),
            (
                r#"{"documents": 1}"#,
                "scroll's `documents` is 1: give 2 to 1000",
            ),
            (
                r#"{"sections": 65}"#,
                "scroll's `sections` is 65: give 1 to 64",
            ),
            (
                r#"{"section_words": 7}"#,
                "scroll's `section_words` is 7: give 8 to 100000",
            ),
            (r#"{"hops": 3}"#, "scroll's `hops` is 3: give 1 to 2"),
        ] {
            assert_eq!(refusal(json), why);
        }
    }

    #[test]
    fn people_of_one_episode_who_are_asked_about_at_the_end_need_names_of_their_own() {
        let first = Options::parse(r#"{"documents": 100}"#).unwrap();
        assert_eq!(first.made_up(9), Ok(9));
        let last = Options::parse(r#"{"documents": 100, "question": "last"}"#).unwrap();
        assert_eq!(last.made_up(0), Ok(1));
        let Err(Error::Invalid(why)) = last.made_up(2) else {
            panic!("opened");
        };
        assert!(
            why.starts_with("scroll has 144 names, but 200 people"),
            "{why}"
        );
    }
}
