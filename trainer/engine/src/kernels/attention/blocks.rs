//! Blocks of queries and keys.

use std::ops::Range;

use crate::kernels::{Layout, Segment};

/// The maximum number of keys in a block. Their keys and values stay in a core's cache.
const KEYS: usize = 512;

/// The maximum number of queries in a block.
const QUERIES: usize = 128;

/// Some queries of a segment and a consecutive part of the keys that they see. Every query sees at
/// least the first key of the block.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    /// The query tokens.
    pub(super) queries: Range<usize>,
    /// The segment's key ranges, from the range in which the block begins.
    runs: &'a [Range<usize>],
    /// The number of keys of the first range that come before the block.
    skipped: usize,
    /// The number of keys.
    keys: usize,
    /// The number of keys from the block's first key to the last key that the last query sees.
    ahead: usize,
}

impl<'a> Block<'a> {
    /// Returns the blocks of the queries at the offsets `queries` of a segment, with [`KEYS`] keys
    /// each. Queries that see no key of a block are left out of it.
    pub(super) fn all(
        layout: &'a Layout,
        segment: &Segment,
        queries: Range<usize>,
    ) -> impl Iterator<Item = Self> {
        let (keys, count) = (segment.keys, segment.queries.len());
        let end = segment.visible(queries.end - 1);
        let start = segment.queries.start;
        let mut runs = layout.runs(segment);
        let mut skipped = 0;
        (0..end).step_by(KEYS).map(move |from| {
            let first = queries.start.max((from + count).saturating_sub(keys));
            let block = Self {
                queries: start + first..start + queries.end,
                runs,
                skipped,
                keys: KEYS.min(end - from),
                ahead: end - from,
            };
            skipped += block.keys;
            while let [run, rest @ ..] = runs
                && skipped >= run.len()
            {
                skipped -= run.len();
                runs = rest;
            }
            block
        })
    }

    /// Splits the block into blocks of [`QUERIES`] queries with the same keys.
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

    /// Returns the number of keys.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// Returns the first `count` keys as ranges.
    pub(super) fn runs(&self, count: usize) -> impl Iterator<Item = Range<usize>> {
        let (mut skipped, mut rest) = (self.skipped, count);
        self.runs.iter().map_while(move |run| {
            let start = run.start + std::mem::take(&mut skipped);
            let end = run.end.min(start + rest);
            rest -= end - start;
            (start < end).then_some(start..end)
        })
    }

    /// Returns the keys.
    pub(super) fn each_key(&self) -> impl Iterator<Item = usize> {
        self.runs(self.keys).flatten()
    }

    /// Returns the number of keys that the query at offset `j` sees.
    pub(super) fn visible(&self, j: usize) -> usize {
        (self.ahead - (self.queries.len() - 1 - j)).min(self.keys)
    }

    /// Returns the offset of the first query that sees the key at offset `key`, or the number of
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
            runs in prop::collection::vec((1usize..700, 0usize..3), 0..8),
            count in 1usize..700,
            cut in 0.0f64..1.0,
        ) {
            let mut layout = Layout::default();
            layout.push_cached(&[0; 9], std::iter::once(0..9));
            let mut end = 30;
            let runs = runs.into_iter().chain([(count, 0)]).map(|(length, gap)| {
                let run = end..end + length;
                end += length + gap;
                run
            });
            layout.push_cached(&vec![0; count], runs);
            let segment = &layout.segments[1];
            let from = (cut * count as f64) as usize;
            let mut met: Vec<Vec<usize>> = vec![Vec::new(); count - from];
            for block in Block::all(&layout, segment, from..count) {
                for piece in block.pieces() {
                    prop_assert!(piece.keys() <= KEYS && piece.queries.len() <= QUERIES);
                    let keys: Vec<usize> = piece.each_key().collect();
                    prop_assert_eq!(keys.len(), piece.keys());
                    for key in 0..keys.len() {
                        let sees = |j: &usize| piece.visible(*j) > key;
                        let first = (0..piece.queries.len()).find(sees);
                        let first = first.unwrap_or(piece.queries.len());
                        prop_assert_eq!(piece.first_that_sees(key), first);
                    }
                    for (j, query) in piece.queries.clone().enumerate() {
                        let visible = piece.visible(j);
                        prop_assert!(visible > 0);
                        prop_assert!(piece.runs(visible).flatten().eq(keys[..visible].iter().copied()));
                        met[query - 9 - from].extend(&keys[..visible]);
                    }
                }
            }
            let all: Vec<usize> = layout.keys(segment).collect();
            for (j, met) in met.iter().enumerate() {
                prop_assert_eq!(met.as_slice(), &all[..segment.visible(from + j)]);
            }
        }
    }
}
