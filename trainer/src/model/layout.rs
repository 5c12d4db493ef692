//! Which token sees which: the flat alternative to padding and masks.

use std::ops::Range;

/// Consecutive tokens that see a prefix whole and their own run causally.
///
/// The query at offset `j` sees the keys `prefix` and `own`, the latter without
/// its last `queries.len() - 1 - j` keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Tokens of this pass, as indices into [`Layout::tokens`].
    pub queries: Range<usize>,
    /// Keys that all queries see.
    pub prefix: Range<usize>,
    /// Keys of the run that ends with the last query.
    pub own: Range<usize>,
}

impl Segment {
    /// Keys that the segment's last query sees.
    pub fn keys(&self) -> usize {
        self.prefix.len() + self.own.len()
    }

    /// Keys that the query at offset `j` sees.
    pub fn visible(&self, j: usize) -> usize {
        self.keys() - (self.queries.len() - 1 - j)
    }
}

/// The tokens of one forward pass, flat, without padding.
///
/// Keys are counted as tokens of the same pass where `slots` is empty, as slots
/// of a key-value cache otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// Rotary position of each token.
    pub positions: Vec<u32>,
    /// In order of their queries, which together are all tokens.
    pub segments: Vec<Segment>,
    /// Consecutive ranges of `segments` whose keys are among their own tokens.
    pub rows: Vec<Range<usize>>,
    /// Slot of the cache that each token's key and value go to.
    pub slots: Vec<usize>,
}

impl Layout {
    /// Adds a row: `prompt`, then `completions` that each see the prompt and
    /// themselves; their positions go on from the prompt's.
    pub fn push_row<'a>(&mut self, prompt: &[u32], completions: impl Iterator<Item = &'a [u32]>) {
        let first = self.segments.len();
        let prefix = self.push_run(prompt, 0, 0..0);
        for completion in completions {
            self.push_run(completion, prompt.len(), prefix.clone());
        }
        self.rows.push(first..self.segments.len());
    }

    fn push_run(&mut self, tokens: &[u32], position: usize, prefix: Range<usize>) -> Range<usize> {
        let run = self.push_tokens(tokens, position);
        if !tokens.is_empty() {
            self.segments.push(Segment {
                queries: run.clone(),
                prefix,
                own: run.clone(),
            });
        }
        run
    }

    /// Adds a row of one segment whose keys are in a cache: `own` ends with the
    /// slots of `tokens`, which follow `prefix` and the rest of `own`.
    pub fn push_cached(&mut self, tokens: &[u32], prefix: Range<usize>, own: Range<usize>) {
        let earlier = own.len() - tokens.len();
        let queries = self.push_tokens(tokens, prefix.len() + earlier);
        self.slots.extend(own.start + earlier..own.end);
        self.rows.push(self.segments.len()..self.segments.len() + 1);
        self.segments.push(Segment {
            queries,
            prefix,
            own,
        });
    }

    fn push_tokens(&mut self, tokens: &[u32], position: usize) -> Range<usize> {
        let start = self.tokens.len();
        self.tokens.extend_from_slice(tokens);
        self.positions
            .extend(position as u32..(position + tokens.len()) as u32);
        start..self.tokens.len()
    }

    /// Tokens of a row.
    pub fn row_tokens(&self, row: &Range<usize>) -> Range<usize> {
        let segments = &self.segments[row.clone()];
        match (segments.first(), segments.last()) {
            (Some(first), Some(last)) => first.queries.start..last.queries.end,
            _ => 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_see_the_prompt_and_themselves_and_positions_restart_after_it() {
        let mut layout = Layout::default();
        layout.push_row(&[7, 8, 9], [&[1, 2][..], &[3][..]].into_iter());
        layout.push_row(&[5], std::iter::empty());
        assert_eq!(layout.tokens, [7, 8, 9, 1, 2, 3, 5]);
        assert_eq!(layout.positions, [0, 1, 2, 3, 4, 3, 0]);
        assert_eq!(layout.rows, [0..3, 3..4]);
        assert_eq!(layout.row_tokens(&layout.rows[0]), 0..6);
        let second = &layout.segments[1];
        assert_eq!((second.prefix.clone(), second.own.clone()), (0..3, 3..5));
        assert_eq!((second.visible(0), second.visible(1)), (4, 5));
    }

    #[test]
    fn cached_tokens_continue_their_prefix_and_their_own_run() {
        let mut layout = Layout::default();
        layout.push_cached(&[4, 5], 10..13, 20..24);
        assert_eq!(layout.positions, [5, 6]);
        assert_eq!(layout.slots, [22, 23]);
        assert_eq!(layout.segments[0].visible(0), 6);
    }
}
