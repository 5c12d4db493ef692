//! The search of a history in two levels (HCAM, arXiv 2105.14039): which chunks, then which of their
//! entries.

use std::collections::{BTreeMap, BTreeSet};

use memloom_records::Record;
use memloom_sdk::text::lower_words;
use memloom_search::{Index, best};

use crate::options::Options;
use crate::spot::Spot;

/// Returns the number of an entry's chunk, counted from 1.
pub fn number(record: &Record<Spot>, options: &Options) -> u64 {
    match options.chunk {
        None => u64::from(record.first.session),
        Some(entries) => (record.number - 1) / entries + 1,
    }
}

/// Returns an index of the words of chunks, each word once.
pub fn index(records: &[Record<Spot>], options: &Options) -> Index {
    let mut words: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        let chunk = words.entry(number(record, options)).or_default();
        chunk.extend(lower_words(&record.text));
    }
    let mut index = Index::default();
    for (chunk, words) in words {
        index.add(chunk, &words.into_iter().collect::<Vec<_>>().join(" "));
    }
    index
}

/// Returns the likeness of a vector to each chunk that has vectors: q · m / √d, where m is the mean of
/// the chunk's vectors and d their length.
pub fn likenesses(
    vector: &[f32],
    records: &[Record<Spot>],
    options: &Options,
) -> BTreeMap<u64, f32> {
    let mut sums: BTreeMap<u64, (f32, f32)> = BTreeMap::new();
    for record in records {
        if let Some(likeness) = likeness(vector, record) {
            let (sum, count) = sums.entry(number(record, options)).or_default();
            *sum += likeness;
            *count += 1.0;
        }
    }
    let means = sums.into_iter();
    means.map(|(chunk, (sum, n))| (chunk, sum / n)).collect()
}

/// Returns the likeness of a vector to an entry: q · v / √d; none if the entry has no vector.
pub fn likeness(vector: &[f32], record: &Record<Spot>) -> Option<f32> {
    let stored = record.vector.as_ref()?;
    let products = vector.iter().zip(stored);
    let dot: f64 = products.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
    let root = (vector.len() as f64).sqrt();
    Some((dot / root).clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32)
}

/// Returns the probability of each entry, p(chunk) · p(entry in the chunk), in the order of the entries.
/// Both are softmaxes: over the best `top` chunks, and over all entries of the chunk that are given.
/// `chunks` scores chunks by their numbers, `entries` has an entry's number, chunk and score.
pub fn probabilities(
    chunks: &BTreeMap<u64, f32>,
    entries: &[(u64, u64, f32)],
    top: usize,
) -> Vec<(u64, f32)> {
    let with_entries: BTreeSet<u64> = entries.iter().map(|&(_, chunk, _)| chunk).collect();
    let candidates = chunks
        .iter()
        .filter(|(chunk, _)| with_entries.contains(chunk));
    let chosen = best(candidates.map(|(&chunk, &score)| (chunk, score)), top);
    let chosen = softmax(&chosen);
    let mut found = Vec::new();
    for (chunk, share) in chosen {
        let inside = entries.iter().filter(|entry| entry.1 == chunk);
        let inside: Vec<_> = inside.map(|&(number, _, score)| (number, score)).collect();
        let inside = softmax(&inside).into_iter();
        found.extend(inside.map(|(number, within)| (number, share * within)));
    }
    found.sort_by_key(|&(number, _)| number);
    found
}

fn softmax(scores: &[(u64, f32)]) -> Vec<(u64, f32)> {
    let most = scores.iter().map(|of| of.1).fold(f32::MIN, f32::max);
    let weights = scores.iter().map(|&(of, score)| (of, (score - most).exp()));
    let sum: f32 = weights.clone().map(|of| of.1).sum();
    weights.map(|(of, weight)| (of, weight / sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hcam_an_entry_scores_what_its_chunk_and_its_share_of_it_say() {
        let chunks = BTreeMap::from([(1, 2.0), (2, 1.0)]);
        let entries = [(1, 1, 0.0), (2, 1, 0.0), (3, 2, 9.0_f32.ln()), (4, 2, 0.0)];
        let found = probabilities(&chunks, &entries, 4);
        let expected = [(1, 0.3655), (2, 0.3655), (3, 0.2420), (4, 0.0269)];
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            assert_eq!(found.0, expected.0);
            assert!((found.1 - expected.1).abs() < 1e-4, "{found:?}");
        }
    }

    #[test]
    fn scores_beyond_the_range_of_exp_still_sum_to_1() {
        let chunks = BTreeMap::from([(1, f32::MAX), (2, f32::MIN)]);
        let entries = [(1, 1, f32::MIN), (2, 2, f32::MAX)];
        let found = probabilities(&chunks, &entries, 2);
        assert_eq!(found, [(1, 1.0), (2, 0.0)]);
    }
}
