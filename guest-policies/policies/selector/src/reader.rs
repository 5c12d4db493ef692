//! Answers from the bank, without a model: the same entries give the same answer.

mod closed;
mod lexicon;
mod open;

pub use closed::answer as closed;
pub use lexicon::Lexicon;
pub use open::answer as open;

use memloom_guest::bank::Hit;

/// What was read, once each, in the order of reading.
fn cited<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> Vec<String> {
    let mut citations: Vec<String> = Vec::new();
    for turn in hits.into_iter().flat_map(|hit| &hit.entry.evidence) {
        if !citations.contains(turn) {
            citations.push(turn.clone());
        }
    }
    citations
}
