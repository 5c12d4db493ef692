//! The options.

use std::collections::BTreeSet;

use memloom_sdk::options::object;
use memloom_sdk::quiz::Ask;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::category::Category;

/// Options as `load` reads them. Unknown names are refused.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The training conversations. By default Memory-R2's, conv-43 and conv-47, if the files
    /// have them.
    pub train: Option<Vec<String>>,
    /// The validation conversations. By default Memory-R2's, conv-44.
    pub validation: Option<Vec<String>>,
    /// The held-out conversations. By default all that are in no other split.
    pub held_out: Option<Vec<String>>,
    /// The codes of the categories. By default 1 to 4, as in Memory-R2: multi-hop, temporal,
    /// open-domain, single-hop. 5 is adversarial: an answer that contains "no information
    /// available" or "not mentioned", or no words, is right.
    pub categories: Vec<u32>,
    /// True to apply the file of corrections. By default true if there is one.
    pub corrections: Option<bool>,
    /// The turns of each session of an excerpt: episodes then are excerpts of the conversations in
    /// turn, without end, see `src/excerpt.rs`. By default 0: episodes are whole conversations.
    pub excerpt: usize,
    /// The way in which questions are asked: `questions` after all sessions, or `tasks`: each after
    /// the dialogue that completes its evidence, where dialogues and tasks are sessions. By default
    /// `questions`.
    pub ask: Ask,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            train: None,
            validation: None,
            held_out: None,
            categories: vec![1, 2, 3, 4],
            corrections: None,
            excerpt: 0,
            ask: Ask::Questions,
        }
    }
}

/// The splits' names in the order of `load`.
pub const SPLITS: [&str; 3] = ["train", "validation", "held-out"];

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON or names an unknown option.
    pub fn parse(json: &str) -> Result<Self, Error> {
        serde_json::from_str(object("locomo", json)?)
            .map_err(|error| Error::Invalid(format!("locomo's options: {error}")))
    }

    /// Returns the categories of the questions.
    ///
    /// # Errors
    /// `invalid` if a code is not in 1 to 5.
    pub fn categories(&self) -> Result<Vec<Category>, Error> {
        let category = |&code: &u32| {
            Category::from_code(code).ok_or_else(|| {
                Error::Invalid(format!("locomo's `categories` has {code}: give 1 to 5"))
            })
        };
        self.categories.iter().map(category).collect()
    }

    /// Returns the ids of each split's conversations, in the order of [`SPLITS`].
    ///
    /// # Errors
    /// `unknown` for a conversation that no file has, `invalid` for one that is named twice.
    pub fn splits(&self, loaded: &[&str]) -> Result<[Vec<String>; 3], Error> {
        let given = [&self.train, &self.validation, &self.held_out];
        let mut taken = BTreeSet::new();
        for id in given.into_iter().flatten().flatten() {
            if !loaded.contains(&id.as_str()) {
                let loaded = loaded.join(", ");
                return Err(Error::Unknown(format!(
                    "locomo's files have no conversation `{id}`: they have {loaded}"
                )));
            }
            if !taken.insert(id.clone()) {
                return Err(Error::Invalid(format!(
                    "locomo's options name `{id}` twice: a conversation belongs to one split"
                )));
            }
        }
        let usual: [&[&str]; 3] = [&["conv-43", "conv-47"], &["conv-44"], loaded];
        let mut splits = given.map(|ids| ids.clone().unwrap_or_default());
        for ((split, given), usual) in splits.iter_mut().zip(given).zip(usual) {
            if given.is_some() {
                continue;
            }
            for &id in usual {
                if loaded.contains(&id) && taken.insert(id.into()) {
                    split.push(id.into());
                }
            }
        }
        Ok(splits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const LOADED: [&str; 4] = ["conv-26", "conv-43", "conv-44", "conv-50"];

    #[test]
    fn by_default_the_paper_decides_what_is_trained_on() {
        let splits = Options::parse("{}").unwrap().splits(&LOADED).unwrap();
        assert_eq!(splits[0], ["conv-43"]);
        assert_eq!(splits[1], ["conv-44"]);
        assert_eq!(splits[2], ["conv-26", "conv-50"]);
    }

    #[test]
    fn a_named_conversation_leaves_its_usual_split() {
        let options = Options::parse(r#"{"held-out": ["conv-43"], "validation": []}"#).unwrap();
        let splits = options.splits(&LOADED).unwrap();
        assert!(splits[0].is_empty() && splits[1].is_empty());
        assert_eq!(splits[2], ["conv-43"]);
    }

    #[test]
    fn a_conversation_that_is_missing_or_named_twice_is_refused() {
        let missing = Options::parse(r#"{"train": ["conv-1"]}"#).unwrap();
        assert_eq!(
            missing.splits(&["conv-26"]),
            Err(Error::Unknown(
                "locomo's files have no conversation `conv-1`: they have conv-26".into()
            ))
        );
        let twice = r#"{"train": ["conv-26"], "held-out": ["conv-26"]}"#;
        let twice = Options::parse(twice).unwrap();
        assert!(matches!(twice.splits(&LOADED), Err(Error::Invalid(_))));
    }

    #[test]
    fn an_unknown_category_is_refused() {
        let options = Options::parse(r#"{"categories": [0]}"#).unwrap();
        assert!(matches!(options.categories(), Err(Error::Invalid(_))));
    }
}
