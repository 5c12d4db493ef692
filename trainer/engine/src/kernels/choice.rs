//! A choice of a token.

use std::ops::Range;
use std::sync::Arc;

/// One choice: which token, out of which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The chosen token.
    pub token: u32,
    /// What it was chosen from, ascending; None: the whole vocabulary.
    pub among: Option<Arc<[u32]>>,
}

impl Choice {
    /// The part of the set that is in a block of the vocabulary; None: all of the
    /// block.
    pub(super) fn inside(&self, block: &Range<usize>) -> Option<&[u32]> {
        self.among.as_ref().map(|among| {
            let before = |end: usize| among.partition_point(|token| (*token as usize) < end);
            &among[before(block.start)..before(block.end)]
        })
    }
}
