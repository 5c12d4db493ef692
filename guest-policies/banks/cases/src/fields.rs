//! The fields of a case that a policy sets.

use memloom_sdk::text::first_words;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The names of all fields of an entry: those that a policy sets, and the two that the bank
/// counts.
pub const NAMES: [&str; 8] = [
    "plan", "outcome", "score", "site", "steps", "modes", "uses", "wins",
];

/// The outcome of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It reached the goal.
    Success,
    /// It did not.
    Failure,
    /// Nobody said.
    #[default]
    Unknown,
}

impl Outcome {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// The fields that a policy sets. Texts are one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// The acts that were done, or are to be done.
    pub plan: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The score, 0 to 1, if there was one.
    pub score: Option<f32>,
    /// The place, for instance an application.
    pub site: String,
    /// The number of acts.
    pub steps: Option<u32>,
    /// The ways in which it succeeded or failed.
    pub modes: String,
}

impl Fields {
    /// Sets fields by name; the others stay.
    ///
    /// # Errors
    /// `invalid`, naming the field; nothing is set then.
    pub fn set(&mut self, named: &[(String, String)]) -> Result<(), Error> {
        let mut fields = self.clone();
        for (name, value) in named {
            fields.set_one(name, &first_words(value, usize::MAX))?;
        }
        *self = fields;
        Ok(())
    }

    fn set_one(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let invalid = |expected| Err(Error::Invalid(format!("`{name}` is {value:?}: {expected}")));
        match name {
            "plan" => self.plan = value.into(),
            "site" => self.site = value.into(),
            "modes" => self.modes = value.into(),
            "outcome" => {
                let all = [Outcome::Success, Outcome::Failure, Outcome::Unknown];
                match all.into_iter().find(|outcome| outcome.name() == value) {
                    Some(outcome) => self.outcome = outcome,
                    None => return invalid("give success, failure or unknown"),
                }
            }
            "score" => match value.parse() {
                Ok(score) if (0.0..=1.0).contains(&score) => self.score = Some(score),
                _ if value.is_empty() => self.score = None,
                _ => return invalid("give a number from 0 to 1"),
            },
            "steps" => match value.parse() {
                Ok(steps) => self.steps = Some(steps),
                _ if value.is_empty() => self.steps = None,
                _ => return invalid("give a number of acts"),
            },
            "uses" | "wins" => {
                return Err(Error::Invalid(format!(
                    "the bank counts `{name}` itself: apply the operation outcome"
                )));
            }
            _ => {
                let settable = NAMES[..6].join(", ");
                return Err(Error::Invalid(format!(
                    "a case has no field {name:?}: it has {settable}"
                )));
            }
        }
        Ok(())
    }

    /// Returns the reward of having tried the plan: the score, else 1 or 0 by the outcome. None
    /// if the outcome is unknown.
    pub fn reward(&self) -> Option<f32> {
        match self.outcome {
            Outcome::Success => Some(self.score.unwrap_or(1.0)),
            Outcome::Failure => Some(self.score.unwrap_or(0.0)),
            Outcome::Unknown => None,
        }
    }

    /// Returns the values in the order of [`NAMES`]; what is not set is empty.
    pub fn values(&self) -> [String; 6] {
        [
            self.plan.clone(),
            self.outcome.name().into(),
            self.score
                .map_or_else(String::new, |score| score.to_string()),
            self.site.clone(),
            self.steps
                .map_or_else(String::new, |steps| steps.to_string()),
            self.modes.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        fields.iter().map(owned).collect()
    }

    #[test]
    fn what_is_set_is_shown_and_the_rest_stays() {
        let mut fields = Fields::default();
        let set = named(&[("plan", "go\nwest"), ("outcome", "success"), ("steps", "3")]);
        assert_eq!(fields.set(&set), Ok(()));
        assert_eq!(fields.set(&named(&[("score", "0.5")])), Ok(()));
        assert_eq!(fields.values(), ["go west", "success", "0.5", "", "3", ""]);
        assert_eq!(fields.reward(), Some(0.5));
        assert_eq!(fields.set(&named(&[("score", ""), ("steps", "")])), Ok(()));
        assert_eq!(fields.values(), ["go west", "success", "", "", "", ""]);
    }

    #[test]
    fn an_unknown_outcome_has_no_reward() {
        for (outcome, reward) in [
            ("success", Some(1.0)),
            ("failure", Some(0.0)),
            ("unknown", None),
        ] {
            let mut fields = Fields::default();
            assert_eq!(fields.set(&named(&[("outcome", outcome)])), Ok(()));
            assert_eq!(fields.reward(), reward);
        }
    }

    #[test]
    fn a_field_that_cannot_be_set_is_named_and_nothing_is_set() {
        for (name, value, part) in [
            (
                "outcome",
                "good",
                "`outcome` is \"good\": give success, failure or unknown",
            ),
            ("score", "1.5", "give a number from 0 to 1"),
            ("score", "NaN", "give a number from 0 to 1"),
            ("steps", "-1", "give a number of acts"),
            ("uses", "9", "counts `uses` itself"),
            ("colour", "red", "no field \"colour\""),
        ] {
            let mut fields = Fields::default();
            let result = fields.set(&named(&[("plan", "go"), (name, value)]));
            let Err(Error::Invalid(why)) = result else {
                panic!("{name} was accepted");
            };
            assert!(why.contains(part), "{why}");
            assert_eq!(fields, Fields::default());
        }
    }
}
