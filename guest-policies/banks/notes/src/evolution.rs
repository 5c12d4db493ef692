//! The arguments of `evolve`: a note's new links and tags, and its rewritten neighbours.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evolution {
    /// The id of the note.
    pub id: String,
    /// The ids of the notes that it is linked to, beside the earlier ones.
    #[serde(default)]
    pub links: Vec<String>,
    /// The tags in the place of the note's own; none if these stay.
    pub tags: Option<Vec<String>>,
    /// The neighbours that are rewritten.
    #[serde(default)]
    pub neighbours: Vec<Neighbour>,
}

/// A neighbour that is rewritten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its id.
    pub id: String,
    /// The context in the place of its own.
    pub context: String,
    /// The tags in the place of its own.
    pub tags: Vec<String>,
    /// The embedding of the rewritten neighbour.
    pub vector: Option<Vec<f32>>,
}

impl Evolution {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is none of these arguments, links or rewrites the note as its own neighbour,
    /// or rewrites a neighbour twice.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let evolution: Self = serde_json::from_str(object("evolve", json)?)
            .map_err(|why| Error::Invalid(format!("evolve: {why}")))?;
        let Self { id, neighbours, .. } = &evolution;
        let invalid = |why: String| Err(Error::Invalid(format!("evolve of {id}: {why}")));
        if evolution.links.contains(id) {
            return invalid("a note cannot link to itself".into());
        }
        for (place, neighbour) in neighbours.iter().enumerate() {
            if neighbour.id == *id {
                return invalid("a note is no neighbour of its own".into());
            }
            if neighbours[..place]
                .iter()
                .any(|other| other.id == neighbour.id)
            {
                return invalid(format!("the neighbour {} is rewritten twice", neighbour.id));
            }
        }
        Ok(evolution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_contradict_themselves_are_refused() {
        for (json, why) in [
            (
                r#"{"id":"n1","links":["n2","n1"]}"#,
                "evolve of n1: a note cannot link to itself",
            ),
            (
                r#"{"id":"n1","neighbours":[{"id":"n1","context":"","tags":[]}]}"#,
                "evolve of n1: a note is no neighbour of its own",
            ),
            (
                r#"{"id":"n1","neighbours":[{"id":"n2","context":"","tags":[]},{"id":"n2","context":"x","tags":[]}]}"#,
                "evolve of n1: the neighbour n2 is rewritten twice",
            ),
            (
                r#"{"links":[]}"#,
                "evolve: missing field `id` at line 1 column 12",
            ),
            (
                "[]",
                "evolve's options: give a JSON object, for instance {}",
            ),
        ] {
            let refused = Evolution::parse(json).err();
            assert_eq!(refused, Some(Error::Invalid(why.into())));
        }
    }
}
