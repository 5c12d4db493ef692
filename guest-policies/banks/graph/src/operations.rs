//! The arguments of the bank's own operations.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::node::{Recipe, name};

/// The arguments of `link`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The subject.
    pub subject: String,
    /// The relation.
    pub relation: String,
    /// The object.
    pub object: String,
    /// The turns that support it.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// The arguments of `replace`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The subject, relation and object of a triple of the graph.
    pub old: [String; 3],
    /// Those of the triple in its place.
    pub new: [String; 3],
    /// The turns that support the new one.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// The arguments of `episode`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// The observation.
    pub text: String,
    /// The ids of the triples that it gave.
    pub triples: Vec<String>,
    /// The turns that it is made of.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// The arguments of `recipe`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    item: String,
    makes: u32,
    needs: BTreeMap<String, u32>,
    #[serde(default)]
    tools: BTreeSet<String>,
    /// The turns that support it.
    #[serde(default)]
    pub evidence: Vec<String>,
}

impl Made {
    /// Returns the recipe.
    ///
    /// # Errors
    /// `invalid`, naming the part that is empty or 0.
    pub fn recipe(&self) -> Result<Recipe, Error> {
        let named = |text: &String, part: &str| name(text, "recipe", part);
        let needs = self.needs.iter();
        let needs: BTreeMap<String, u32> = needs
            .map(|(item, count)| Ok((named(item, "a name in `needs`")?, *count)))
            .collect::<Result<_, Error>>()?;
        if self.makes == 0 || needs.is_empty() || needs.values().any(|count| *count == 0) {
            return Err(Error::Invalid(
                "recipe: `makes` and the numbers in `needs` must be 1 or more, and `needs` has one item or more"
                    .into(),
            ));
        }
        let tools = self.tools.iter();
        Ok(Recipe {
            item: named(&self.item, "`item`")?,
            makes: self.makes,
            needs,
            tools: tools
                .map(|tool| named(tool, "a name in `tools`"))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Reads arguments.
///
/// # Errors
/// `invalid`, naming the operation and the fault.
pub fn arguments<T: DeserializeOwned>(operation: &str, json: &str) -> Result<T, Error> {
    serde_json::from_str(object(operation, json)?)
        .map_err(|why| Error::Invalid(format!("{operation}: {why}")))
}
