//! Blocks of queries and keys.

use std::ops::Range;

use crate::kernels::{Layout, Segment};

/// The maximum number of keys in a block. Their keys and values stay in a core's cache.
const KEYS: usize = 512;

/// The maximum number of rows in a block, unless a query has more.
const ROWS: usize = 128;

/// Some queries of a segment and a consecutive part of the keys that they see. Every query sees at
/// least one key of the block; the keys that it sees are consecutive. The rows of a block are the
/// heads of its queries, query by query.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    /// The query tokens.
    pub(super) queries: Range<usize>,
    /// The number of heads of a query.
    heads: usize,
    /// The segment's key ranges, from the range in which the block begins.
    runs: &'a [Range<usize>],
    /// The number of keys of the first range that come before the block.
    skipped: usize,
    /// The number of keys.
    keys: usize,
    /// The number of keys from the block's first key to the last key that the last query sees.
    ahead: usize,
    /// The maximum number of keys that a query sees, in all blocks together.
    window: usize,
}

impl<'a> Block<'a> {
    /// Returns the blocks of the queries at the offsets `queries` of a segment, with [`KEYS`] keys
    /// each. Queries that see no key of a block are left out of it, and keys that no query sees are
    /// in no block. Each query sees its last `window` keys.
    pub(super) fn all(
        layout: &'a Layout,
        segment: &Segment,
        queries: Range<usize>,
        heads: usize,
        window: Option<usize>,
    ) -> impl Iterator<Item = Self> {
        let window = window.unwrap_or(usize::MAX);
        let (keys, count) = (segment.keys, segment.queries.len());
        let begin = segment.visible(queries.start).saturating_sub(window);
        let end = segment.visible(queries.end - 1);
        let start = segment.queries.start;
        let (mut runs, mut skipped) = pass_over(layout.runs(segment), begin);
        (begin..end).step_by(KEYS).map(move |from| {
            let to = end.min(from + KEYS);
            // The first query that sees the key `at`.
            let sees = |at: usize| at.saturating_add(count).saturating_sub(keys);
            let first = queries.start.max(sees(from));
            let last = queries.end.min(sees((to - 1).saturating_add(window)));
            let block = Self {
                queries: start + first..start + last,
                heads,
                runs,
                skipped,
                keys: to - from,
                ahead: segment.visible(last - 1) - from,
                window,
            };
            (runs, skipped) = pass_over(runs, skipped + block.keys);
            block
        })
    }

    /// Splits the block into blocks of [`ROWS`] rows with the same keys.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Self> {
        let Range { start, end } = self.queries;
        let queries = (ROWS / self.heads).max(1);
        (start..end).step_by(queries).map(move |from| {
            let to = (from + queries).min(end);
            Self {
                queries: from..to,
                ahead: self.ahead - (end - to),
                ..self.clone()
            }
        })
    }

    /// Returns the number of rows.
    #[inline(always)]
    pub(super) fn rows(&self) -> usize {
        self.queries.len() * self.heads
    }

    /// Returns the number of keys.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// Returns the keys at the offsets `keys` as ranges.
    pub(super) fn runs(&self, keys: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let (runs, mut skipped) = pass_over(self.runs, self.skipped + keys.start);
        let mut rest = keys.len();
        runs.iter().map_while(move |run| {
            let start = run.start + std::mem::take(&mut skipped);
            let end = run.end.min(start + rest);
            rest -= end - start;
            (start < end).then_some(start..end)
        })
    }

    /// Returns the keys.
    pub(super) fn each_key(&self) -> impl Iterator<Item = usize> {
        self.runs(0..self.keys).flatten()
    }

    /// Returns the offsets of the keys that a row sees.
    #[inline(always)]
    pub(super) fn visible(&self, row: usize) -> Range<usize> {
        let end = self.ahead - (self.queries.len() - 1 - row / self.heads);
        end.saturating_sub(self.window)..end.min(self.keys)
    }

    /// Returns the rows that see a key at one of the offsets `keys`.
    #[inline(always)]
    pub(super) fn that_see(&self, keys: Range<usize>) -> Range<usize> {
        let count = self.queries.len();
        // The first query that sees the key `at`.
        let sees = |at: usize| {
            at.saturating_add(count)
                .saturating_sub(self.ahead)
                .min(count)
        };
        let (first, end) = (
            sees(keys.start),
            sees((keys.end - 1).saturating_add(self.window)),
        );
        first * self.heads..end * self.heads
    }
}

/// Returns ranges without their first `count` keys: the ranges from the first that is not passed
/// whole, and the number of its keys that are passed.
#[inline(always)]
fn pass_over(mut runs: &[Range<usize>], mut count: usize) -> (&[Range<usize>], usize) {
    while let [run, rest @ ..] = runs
        && count >= run.len()
    {
        count -= run.len();
        runs = rest;
    }
    (runs, count)
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
            window in prop::option::of(1usize..2000),
            heads in 1usize..4,
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
            for block in Block::all(&layout, segment, from..count, heads, window) {
                for piece in block.pieces() {
                    prop_assert!(piece.keys() <= KEYS && piece.rows() <= ROWS);
                    let keys: Vec<usize> = piece.each_key().collect();
                    prop_assert_eq!(keys.len(), piece.keys());
                    for start in 0..keys.len() {
                        for end in [start + 1, keys.len().min(start + 4)] {
                            let sees = |row: &usize| {
                                let visible = piece.visible(*row);
                                visible.start < end && start < visible.end
                            };
                            let those = 0..piece.rows();
                            let those: Vec<usize> = those.filter(sees).collect();
                            let found: Vec<usize> = piece.that_see(start..end).collect();
                            prop_assert_eq!(found, those);
                        }
                    }
                    for (j, query) in piece.queries.clone().enumerate() {
                        let visible = piece.visible(j * heads);
                        prop_assert!(!visible.is_empty());
                        prop_assert_eq!(&visible, &piece.visible(j * heads + heads - 1));
                        let seen = &keys[visible.clone()];
                        prop_assert!(piece.runs(visible).flatten().eq(seen.iter().copied()));
                        met[query - 9 - from].extend(seen);
                    }
                }
            }
            let all: Vec<usize> = layout.keys(segment).collect();
            for (j, met) in met.iter().enumerate() {
                let end = segment.visible(from + j);
                let start = end.saturating_sub(window.unwrap_or(usize::MAX));
                prop_assert_eq!(met.as_slice(), &all[start..end]);
            }
        }
    }
}
