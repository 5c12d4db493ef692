//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::shares::Shares;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options as `load` reads them. Unknown names are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The world whose episodes are generated. By default none: the user's files are read.
    pub world: Option<World>,
    /// The most words of a chunk, 1 to 1 000 000. By default 3000, and 60 in a world.
    pub chunk_words: Option<u32>,
    /// The number of questions of an episode, 1 to 1000: the first ones of a row, 20 by default
    /// in a world. By default all of a row.
    pub questions: Option<u32>,
    /// True if a label counts that stands after `label:`, as in `label: 43`. By default false,
    /// as published.
    pub flexible: bool,
    /// The sources of rows that are read. By default all.
    pub sources: Option<Vec<String>>,
    /// The percentages of rows in `train`, `validation` and `held-out`, by a hash of source and
    /// number. By default `[0, 0, 100]`.
    pub split: Shares,
    /// Sources whose rows are in `train`, whatever `split` says. By default none.
    pub train: Vec<String>,
    /// Sources whose rows are in `validation`, whatever `split` says. By default none.
    pub validation: Vec<String>,
    /// The seed of a world. By default 1.
    pub seed: u64,
    /// In `conflicts`, the number of different facts, 3 to 900. By default 40.
    pub slots: u32,
    /// In `conflicts`, the number of statements that change a fact, as a share of `slots`, 0 to
    /// 4. By default 0.5.
    pub rewritten: f64,
    /// In `conflicts`, true if statements begin with their numbers. By default true.
    pub numbered: bool,
    /// In `conflicts`, the share of questions over two facts, 0 to 1. By default 0.3.
    pub two_hop: f64,
    /// In `labels`, the number of classes, 2 to 24. By default 12.
    pub classes: u32,
    /// In `labels`, the number of examples, 2 to 2000. By default 36.
    pub examples: u32,
}

/// A world of generated episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Facts that later statements change.
    Conflicts,
    /// Texts with labels.
    Labels,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            world: None,
            chunk_words: None,
            questions: None,
            flexible: false,
            sources: None,
            split: Shares::default(),
            train: Vec::new(),
            validation: Vec::new(),
            seed: 1,
            slots: 40,
            rewritten: 0.5,
            numbered: true,
            two_hop: 0.3,
            classes: 12,
            examples: 36,
        }
    }
}

/// The number of questions of a world's episode, by default.
const WORLD_QUESTIONS: u32 = 20;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option, or has a value out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("chunks", json)?)
            .map_err(|error| Error::Invalid(format!("chunks's options: {error}")))?;
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), Error> {
        self.split.check("chunks")?;
        let chunk_words = self.chunk_words.unwrap_or(1);
        within("chunks", "chunk_words", chunk_words, 1..=1_000_000)?;
        within("chunks", "questions", self.questions.unwrap_or(1), 1..=1000)?;
        within("chunks", "slots", self.slots, 3..=900)?;
        within("chunks", "rewritten", self.rewritten, 0.0..=4.0)?;
        within("chunks", "two_hop", self.two_hop, 0.0..=1.0)?;
        within("chunks", "classes", self.classes, 2..=24)?;
        within("chunks", "examples", self.examples, 2..=2000)?;
        let twice = self
            .train
            .iter()
            .find(|name| self.validation.contains(name));
        match twice {
            Some(name) => Err(Error::Invalid(format!(
                "chunks's `train` and `validation` both have `{name}`: a source belongs to one \
                 split"
            ))),
            None => Ok(()),
        }
    }

    /// Returns the most words of a chunk.
    #[must_use]
    pub fn chunk_words(&self) -> usize {
        let usual = if self.world.is_some() { 60 } else { 3000 };
        self.chunk_words.unwrap_or(usual) as usize
    }

    /// Returns the most questions of a world's episode.
    #[must_use]
    pub fn world_questions(&self) -> usize {
        self.questions.unwrap_or(WORLD_QUESTIONS) as usize
    }

    /// Returns true if rows of a source are read.
    #[must_use]
    pub fn reads(&self, source: &str) -> bool {
        match &self.sources {
            Some(names) => names.iter().any(|name| name == source),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        match Options::parse(json) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, why) in [
            (
                r#"{"chunk_words": 0}"#,
                "chunks's `chunk_words` is 0: give 1 to 1000000",
            ),
            (
                r#"{"questions": 0}"#,
                "chunks's `questions` is 0: give 1 to 1000",
            ),
            (r#"{"slots": 2}"#, "chunks's `slots` is 2: give 3 to 900"),
            (
                r#"{"rewritten": -1}"#,
                "chunks's `rewritten` is -1: give 0 to 4",
            ),
            (r#"{"two_hop": 2}"#, "chunks's `two_hop` is 2: give 0 to 1"),
            (
                r#"{"classes": 25}"#,
                "chunks's `classes` is 25: give 2 to 24",
            ),
            (
                r#"{"examples": 1}"#,
                "chunks's `examples` is 1: give 2 to 2000",
            ),
            (
                r#"{"train": ["squad"], "validation": ["squad"]}"#,
                "chunks's `train` and `validation` both have `squad`: a source belongs to one \
                 split",
            ),
        ] {
            assert_eq!(refusal(json), why);
        }
        assert!(refusal(r#"{"world": "maze"}"#).contains("unknown variant `maze`"));
        assert!(refusal(r#"{"slot": 4}"#).contains("unknown field `slot`"));
    }

    #[test]
    fn chunks_of_worlds_are_short_by_default() {
        let words = |json: &str| Options::parse(json).map(|options| options.chunk_words());
        assert_eq!(words("{}"), Ok(3000));
        assert_eq!(words(r#"{"world": "labels"}"#), Ok(60));
        assert_eq!(words(r#"{"world": "labels", "chunk_words": 9}"#), Ok(9));
    }
}
