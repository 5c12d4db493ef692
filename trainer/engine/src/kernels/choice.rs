//! A token and the set it was chosen from.

use std::ops::Range;
use std::sync::Arc;

/// A token and the set it was chosen from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The chosen token.
    pub token: u32,
    /// The allowed set, ascending. `None` is the whole vocabulary.
    pub allowed: Option<Arc<[u32]>>,
}

impl Choice {
    /// Returns the part of the allowed set in a block of the vocabulary, or `None` if all tokens
    /// are allowed.
    pub(super) fn inside(&self, block: &Range<usize>) -> Option<&[u32]> {
        self.allowed.as_ref().map(|allowed| {
            let before = |end: usize| allowed.partition_point(|token| (*token as usize) < end);
            &allowed[before(block.start)..before(block.end)]
        })
    }
}
