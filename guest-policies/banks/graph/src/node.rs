//! The kinds of entries: triples, episodes and recipes.

use std::collections::{BTreeMap, BTreeSet};

use memloom_records::squeezed;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The names of the fields of entries; an entry has those of its kind.
pub const FIELDS: [&str; 12] = [
    "kind",
    "instances",
    "subject",
    "relation",
    "object",
    "triples",
    "item",
    "makes",
    "needs",
    "tools",
    "amount",
    "crafts",
];

/// The content of an entry beside its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// Something that is so.
    Triple(Triple),
    /// An observation, with the numbers of the triples that it gave.
    Episode(Vec<u64>),
    /// A way to make something.
    Recipe(Recipe),
}

/// A subject, a relation and an object, each a line in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Triple([String; 3]);

/// A way to make an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The item.
    pub item: String,
    /// The number that is made at once, 1 or more.
    pub makes: u32,
    /// The items that are used up, each with its number, 1 or more.
    pub needs: BTreeMap<String, u32>,
    /// The items that are needed once and stay.
    pub tools: BTreeSet<String>,
}

/// Returns a name as a line in lower case.
///
/// # Errors
/// `invalid`, naming the operation and the part, if it is empty.
pub fn name(text: &str, operation: &str, part: &str) -> Result<String, Error> {
    match squeezed(text).to_lowercase() {
        name if name.is_empty() => Err(Error::Invalid(format!("{operation}: {part} is empty"))),
        name => Ok(name),
    }
}

impl Triple {
    /// Reads the parts of a triple.
    ///
    /// # Errors
    /// `invalid`, naming the operation and the part that is empty.
    pub fn new(parts: &[String; 3], operation: &str) -> Result<Self, Error> {
        let [subject, relation, object] = parts;
        Ok(Self([
            name(subject, operation, "the subject")?,
            name(relation, operation, "the relation")?,
            name(object, operation, "the object")?,
        ]))
    }

    /// Returns the text: `key, is in, red box`.
    pub fn text(&self) -> String {
        self.0.join(", ")
    }

    /// Returns subject and object.
    pub fn ends(&self) -> [&str; 2] {
        [&self.0[0], &self.0[2]]
    }
}

impl Recipe {
    /// Returns the text: `4 stick from 2 planks with table`.
    pub fn text(&self) -> String {
        let Self { item, makes, .. } = self;
        let tools: Vec<&str> = self.tools.iter().map(String::as_str).collect();
        let with = match tools.is_empty() {
            true => String::new(),
            false => format!(" with {}", tools.join(", ")),
        };
        format!("{makes} {item} from {}{with}", self.needed())
    }

    fn needed(&self) -> String {
        let needs = self.needs.iter();
        let needs: Vec<String> = needs
            .map(|(item, count)| format!("{count} {item}"))
            .collect();
        needs.join(", ")
    }
}

impl Node {
    /// Returns the text that it determines; none for an episode.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Triple(triple) => Some(triple.text()),
            Self::Episode(_) => None,
            Self::Recipe(recipe) => Some(recipe.text()),
        }
    }

    /// Returns the triple that it is; none if it is another kind.
    pub fn triple(&self) -> Option<&Triple> {
        match self {
            Self::Triple(triple) => Some(triple),
            Self::Episode(_) | Self::Recipe(_) => None,
        }
    }

    /// Returns the fields of its kind. Ids of triples are `g` and a number.
    pub fn fields(&self) -> Vec<(String, String)> {
        let fields: Vec<(&str, String)> = match self {
            Self::Triple(Triple([subject, relation, object])) => vec![
                ("kind", "triple".into()),
                ("subject", subject.clone()),
                ("relation", relation.clone()),
                ("object", object.clone()),
            ],
            Self::Episode(triples) => {
                let ids: Vec<String> = triples.iter().map(|number| format!("g{number}")).collect();
                vec![("kind", "episode".into()), ("triples", ids.join(" "))]
            }
            Self::Recipe(recipe) => vec![
                ("kind", "recipe".into()),
                ("item", recipe.item.clone()),
                ("makes", recipe.makes.to_string()),
                ("needs", recipe.needed()),
                (
                    "tools",
                    recipe.tools.iter().cloned().collect::<Vec<_>>().join(", "),
                ),
            ],
        };
        let owned = |(name, value): (&str, String)| (name.to_string(), value);
        fields.into_iter().map(owned).collect()
    }
}
