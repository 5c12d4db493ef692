//! The change that an evolver makes, and the bank's operation for it.

use memloom_json as json;
use memloom_sdk::Host;
use memloom_sdk::lookup::vectors;
use memloom_sdk::types::{CustomOperation, Error, Operation};
use serde::Serialize;

use crate::note::{Note, PAST};
use crate::verdict::Verdict;

/// The name of the bank's operation.
pub const EVOLVE: &str = "evolve";

/// A change of a new note and its neighbours.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Evolution {
    /// The ids of the notes that it is linked to.
    pub links: Vec<String>,
    /// The tags in the place of its own; none if these stay.
    pub tags: Option<Vec<String>>,
    /// The neighbours with a new context or new tags.
    pub neighbours: Vec<Note>,
}

#[derive(Serialize)]
struct Arguments<'a> {
    id: &'a str,
    links: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [String]>,
    neighbours: Vec<Neighbour<'a>>,
}

#[derive(Serialize)]
struct Neighbour<'a> {
    id: &'a str,
    context: &'a str,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<Vec<f32>>,
}

impl Evolution {
    /// Returns the change that verdicts make: neighbours that no longer hold are tagged so.
    pub fn of(verdicts: &[Verdict], neighbours: &[Note]) -> Self {
        let mut evolution = Self::default();
        for (verdict, neighbour) in verdicts.iter().zip(neighbours) {
            if *verdict != Verdict::Apart {
                evolution.links.push(neighbour.id.clone());
            }
            if *verdict == Verdict::Past && !neighbour.is_past() {
                let mut neighbour = neighbour.clone();
                neighbour.tags.push(PAST.into());
                evolution.neighbours.push(neighbour);
            }
        }
        evolution
    }

    /// Returns whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.tags.is_none() && self.neighbours.is_empty()
    }

    /// Returns the bank's operation on a note, with the vectors of all that is written anew if the host
    /// has an embedder.
    ///
    /// # Errors
    /// `invalid` if the number of vectors differs from the number of texts.
    pub fn operation(&self, host: &mut dyn Host, note: &Note) -> Result<Operation, Error> {
        let tagged = self.tags.as_ref().map(|tags| Note {
            tags: tags.clone(),
            ..note.clone()
        });
        let written = tagged.iter().chain(&self.neighbours).map(Note::searched);
        let written: Vec<String> = written.collect();
        let mut vectors = vectors(host, &written)?.into_iter();
        let vector = tagged.and_then(|_| vectors.next().flatten());
        let neighbours = self.neighbours.iter().zip(vectors);
        let neighbours = neighbours.map(|(neighbour, vector)| Neighbour {
            id: &neighbour.id,
            context: &neighbour.context,
            tags: &neighbour.tags,
            vector,
        });
        let arguments = Arguments {
            id: &note.id,
            links: &self.links,
            tags: self.tags.as_deref(),
            neighbours: neighbours.collect(),
        };
        Ok(Operation::Custom(CustomOperation {
            name: EVOLVE.into(),
            arguments: json::write(&arguments),
            vector,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bank_notes::Notes;
    use memloom_sdk::MockHost;

    #[test]
    fn an_operation_carries_the_vectors_of_all_that_is_written_anew() {
        let note = |id: &str, content: &str| Note {
            id: id.into(),
            content: content.into(),
            ..Note::default()
        };
        let neighbour = Note {
            context: "c".into(),
            ..note("n2", "two")
        };
        let mut evolution = Evolution {
            links: vec!["n2".into()],
            tags: Some(vec!["a".into(), "b".into()]),
            neighbours: vec![neighbour],
        };
        let mut host = MockHost::scripted(Notes::default(), &[]);
        host.embedder = Some(|text| vec![text.len() as f32]);
        let mut said =
            |evolution: &Evolution| match evolution.operation(&mut host, &note("n3", "three")) {
                Ok(Operation::Custom(custom)) => (custom.arguments, custom.vector),
                other => panic!("{other:?}"),
            };
        assert_eq!(
            said(&evolution),
            (
                r#"{"id":"n3","links":["n2"],"tags":["a","b"],"neighbours":[{"id":"n2","context":"c","tags":[],"vector":[5.0]}]}"#.into(),
                Some(vec![9.0])
            )
        );
        evolution.tags = None;
        assert_eq!(
            said(&evolution),
            (
                r#"{"id":"n3","links":["n2"],"neighbours":[{"id":"n2","context":"c","tags":[],"vector":[5.0]}]}"#.into(),
                None
            )
        );
    }
}
