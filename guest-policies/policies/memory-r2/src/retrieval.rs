//! Lookup of entries: by embedding if the host has an embedder, else by words.

use memloom_sdk::Host;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::types::Error;

/// Returns the vectors of texts in order; none if there is no embedder.
///
/// # Errors
/// If the number of vectors differs from the number of texts.
pub fn embed(
    host: &mut dyn Host,
    texts: &[String],
) -> Result<impl Iterator<Item = Option<Vec<f32>>> + use<>, Error> {
    let vectors = if texts.is_empty() {
        None
    } else {
        host.embed(texts)
    };
    if let Some(vectors) = &vectors
        && vectors.len() != texts.len()
    {
        return Err(Error::Invalid(format!(
            "the embedder gave {} vectors for {} texts",
            vectors.len(),
            texts.len()
        )));
    }
    let count = texts.len();
    let mut vectors = vectors.map(Vec::into_iter);
    Ok((0..count).map(move |_| vectors.as_mut().and_then(Iterator::next)))
}

/// Returns the best entries about a speaker for a text. The threshold is a cosine; without
/// a vector every entry that shares a word with the text can be found.
pub fn related(
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
