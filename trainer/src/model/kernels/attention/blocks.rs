//! What of a segment is worked on at a time.

use std::ops::Range;

use super::super::super::layout::Segment;

/// Most keys of a block: with their values they stay in a core's cache.
const KEYS: usize = 512;

/// Most queries of a block.
const QUERIES: usize = 128;

/// Some queries of a segment, and some consecutive ones of the keys that it sees:
/// `prefix`, then `own`. Every query sees at least the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Tokens of the pass.
    pub(super) queries: Range<usize>,
    /// Keys of the segment's prefix.
    pub(super) prefix: Range<usize>,
    /// Keys of the segment's own run.
    pub(super) own: Range<usize>,
    /// Keys from the block's first to the last that the last query sees.
    ahead: usize,
}

impl Block {
    /// The queries at offsets `queries` of a segment with all the keys that they see,
    /// [`KEYS`] at a time; queries that see none of them are left out.
    pub(super) fn all(segment: &Segment, queries: Range<usize>) -> impl Iterator<Item = Self> {
        let (keys, count) = (segment.keys(), segment.queries.len());
        let end = segment.visible(queries.end - 1);
        let prefix = segment.prefix.len();
        let start = segment.queries.start;
        (0..end).step_by(KEYS).map(move |from| {
            let to = (from + KEYS).min(end);
            let first = queries.start.max((from + count).saturating_sub(keys));
            let in_prefix = |key: usize| segment.prefix.start + key.min(prefix);
            let in_own = |key: usize| segment.own.start + key.saturating_sub(prefix);
            Self {
                queries: start + first..start + queries.end,
                prefix: in_prefix(from)..in_prefix(to),
                own: in_own(from)..in_own(to),
                ahead: end - from,
            }
        })
    }

    /// The same keys with [`QUERIES`] queries at a time.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Self> {
        let Range { start, end } = self.queries;
        (start..end).step_by(QUERIES).map(move |from| {
            let to = (from + QUERIES).min(end);
            Self {
                queries: from..to,
                ahead: self.ahead - (end - to),
                ..self.clone()
            }
        })
    }

    /// Number of keys.
    pub(super) fn keys(&self) -> usize {
        self.prefix.len() + self.own.len()
    }

    /// The keys.
    pub(super) fn each_key(&self) -> impl Iterator<Item = usize> {
        self.prefix.clone().chain(self.own.clone())
    }

    /// Keys that the query at offset `j` sees.
    pub(super) fn visible(&self, j: usize) -> usize {
        (self.ahead - (self.queries.len() - 1 - j)).min(self.keys())
    }

    /// Offset of the first query that sees the key at offset `key`, or the number of
    /// queries if none does.
    pub(super) fn first_that_sees(&self, key: usize) -> usize {
        let count = self.queries.len();
        (key + count).saturating_sub(self.ahead).min(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_query_meets_every_key_that_it_sees_once(
            prefix in 0usize..1200,
            earlier in 0usize..700,
            count in 1usize..700,
            cut in 0.0f64..1.0,
        ) {
            let own = 5000..5000 + earlier + count;
            let segment = Segment { queries: 9000..9000 + count, prefix: 30..30 + prefix, own };
            let from = (cut * count as f64) as usize;
            let mut met: Vec<Vec<usize>> = vec![Vec::new(); count - from];
            for block in Block::all(&segment, from..count) {
                for piece in block.pieces() {
                    prop_assert!(piece.keys() <= KEYS && piece.queries.len() <= QUERIES);
                    let keys: Vec<usize> = piece.each_key().collect();
                    for key in 0..keys.len() {
                        let sees = |j: &usize| piece.visible(*j) > key;
                        let first = (0..piece.queries.len()).find(sees);
                        let first = first.unwrap_or(piece.queries.len());
                        prop_assert_eq!(piece.first_that_sees(key), first);
                    }
                    for (j, query) in piece.queries.clone().enumerate() {
                        prop_assert!(piece.visible(j) > 0);
                        met[query - 9000 - from].extend(&keys[..piece.visible(j)]);
                    }
                }
            }
            let all: Vec<usize> = segment.prefix.clone().chain(segment.own.clone()).collect();
            for (j, met) in met.iter().enumerate() {
                prop_assert_eq!(met.as_slice(), &all[..segment.visible(from + j)]);
            }
        }
    }
}
