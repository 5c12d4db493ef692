//! The types of entries in lists.

use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The name of the field that holds an entry's type.
pub const FIELD: &str = "type";

/// The type of the core, and its id.
pub const CORE: &str = "core";

/// The type of an entry in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A fact.
    Semantic,
    /// An event with its time.
    Episodic,
}

impl Kind {
    /// Returns the name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Semantic => "semantic",
            Self::Episodic => "episodic",
        }
    }

    /// Reads the type of an insertion from its fields.
    ///
    /// # Errors
    /// `invalid` if the field is missing, twice, or names no list, or if there are other fields.
    pub fn of(fields: &[(String, String)]) -> Result<Self, Error> {
        let invalid = |why: String| {
            Err(Error::Invalid(format!(
                "insert: {why}: give the field `{FIELD}` as semantic or episodic"
            )))
        };
        match fields {
            [(name, kind)] if name == FIELD => match &**kind {
                "semantic" => Ok(Self::Semantic),
                "episodic" => Ok(Self::Episodic),
                CORE => Err(Error::Invalid(
                    "insert: the core is one text: write it by an update of the entry `core`"
                        .into(),
                )),
                other => invalid(format!(
                    "there are core, semantic and episodic memory, and no {other:?}"
                )),
            },
            [] => invalid("the type is missing".into()),
            [(name, _), ..] if name != FIELD => invalid(format!("the bank has no field {name:?}")),
            _ => invalid("there is a field too many".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_names_the_three() {
        let of = |fields: &[(&str, &str)]| {
            let fields: Vec<(String, String)> = fields
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect();
            Kind::of(&fields)
        };
        assert_eq!(of(&[("type", "episodic")]), Ok(Kind::Episodic));
        for (fields, part) in [
            (&[("type", "procedural")][..], "core, semantic and episodic"),
            (&[("type", "core")], "update of the entry `core`"),
            (&[], "the type is missing"),
            (&[("shelf", "semantic")], "no field \"shelf\""),
            (&[("type", "semantic"), ("x", "y")], "a field too many"),
        ] {
            let Err(Error::Invalid(why)) = of(fields) else {
                panic!("{fields:?} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
