//! Lookup of entries by policies: by embedding if the host has an embedder, else by words.

use crate::Host;
use crate::bank::{Hit, Query};
use crate::types::{Error, Operation};

/// Returns the vectors of texts in order; none for each if there is no embedder.
///
/// # Errors
/// [`Error::Invalid`] if the number of vectors differs from the number of texts.
pub fn vectors(host: &mut dyn Host, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>, Error> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    match host.embed(texts) {
        None => Ok(vec![None; texts.len()]),
        Some(vectors) if vectors.len() == texts.len() => {
            Ok(vectors.into_iter().map(Some).collect())
        }
        Some(vectors) => Err(Error::Invalid(format!(
            "the embedder gave {} vectors for {} texts",
            vectors.len(),
            texts.len()
        ))),
    }
}

/// Gives the texts of insertions and updates their vectors, if the host has an embedder.
///
/// # Errors
/// [`Error::Invalid`] if the number of vectors differs from the number of texts.
pub fn add_vectors(host: &mut dyn Host, operations: &mut [Operation]) -> Result<(), Error> {
    let written = operations
        .iter_mut()
        .filter_map(|operation| match operation {
            Operation::Insert(insertion) => Some((&insertion.text, &mut insertion.vector)),
            Operation::Update(revision) => Some((&revision.text, &mut revision.vector)),
            Operation::Delete(_) | Operation::Custom(_) => None,
        });
    let (texts, places): (Vec<String>, Vec<_>) =
        written.map(|(text, vector)| (text.clone(), vector)).unzip();
    for (place, vector) in places.into_iter().zip(vectors(host, &texts)?) {
        *place = vector;
    }
    Ok(())
}

/// Returns the best entries about a speaker for a text. The threshold is a cosine; without
/// a vector every entry that shares a word with the text can be found.
///
/// # Errors
/// If the bank refuses the query.
pub fn about(
    host: &mut dyn Host,
    text: &str,
    vector: Option<Vec<f32>>,
    speaker: &str,
    limit: u32,
    threshold: f32,
) -> Result<Vec<Hit>, Error> {
    host.retrieve(&Query {
        threshold: if vector.is_some() { threshold } else { 0.0 },
        vector,
        speaker: Some(speaker.into()),
        ..Query::new(text, limit)
    })
}

/// Returns the best of hits of several queries, each entry once with its best score. Of equal scores
/// the first comes first.
pub fn best(hits: impl IntoIterator<Item = Hit>, most: usize) -> Vec<Hit> {
    let mut best: Vec<Hit> = Vec::new();
    for hit in hits {
        match best.iter_mut().find(|other| other.entry.id == hit.entry.id) {
            Some(other) => other.score = other.score.max(hit.score),
            None => best.push(hit),
        }
    }
    best.sort_by(|a, b| b.score.total_cmp(&a.score));
    best.truncate(most);
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Entry;

    #[test]
    fn an_entry_that_was_found_twice_counts_once_with_its_best_score() {
        let hit = |id: &str, score: f32| Hit {
            entry: Entry {
                id: id.into(),
                text: String::new(),
                speaker: String::new(),
                time: String::new(),
                first_session: 1,
                last_session: 1,
                evidence: vec![],
                fields: vec![],
            },
            score,
        };
        let hits = [
            hit("m1", 0.2),
            hit("m2", 0.5),
            hit("m3", 0.3),
            hit("m1", 0.5),
        ];
        let best: Vec<(String, f32)> = best(hits, 2)
            .into_iter()
            .map(|hit| (hit.entry.id, hit.score))
            .collect();
        assert_eq!(best, [("m1".into(), 0.5), ("m2".into(), 0.5)]);
    }
}
