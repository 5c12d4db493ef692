//! The attention pattern of a flat batch of tokens, in place of padding and masks.

use std::ops::Range;

/// A block of query tokens that attend to the same keys; attention is causal only within the block.
///
/// The query at offset `j` sees all keys but the last `queries.len() - 1 - j`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The query tokens, as indices into [`Layout::tokens`].
    pub queries: Range<usize>,
    /// The key ranges, as indices into [`Layout::runs`]. The queries' own keys come last.
    pub runs: Range<usize>,
    /// The number of keys that the last query sees.
    pub keys: usize,
}

impl Segment {
    /// Returns the number of keys that the query at offset `j` sees.
    pub fn visible(&self, j: usize) -> usize {
        self.keys - (self.queries.len() - 1 - j)
    }
}

/// The tokens of a forward pass, flat and without padding.
///
/// Keys are indices into `tokens` if `slots` is empty, and slots of a key-value cache otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The token ids.
    pub tokens: Vec<u32>,
    /// The rotary position of each token.
    pub positions: Vec<u32>,
    /// The segments, in order of their queries. Together they cover all tokens.
    pub segments: Vec<Segment>,
    /// Nonempty ranges of consecutive keys, segment by segment.
    pub runs: Vec<Range<usize>>,
    /// Consecutive ranges of `segments`. The segments of a row attend only to tokens of that row.
    pub rows: Vec<Range<usize>>,
    /// The cache slot that each token's key and value are written to.
    pub slots: Vec<usize>,
}

impl Layout {
    /// Adds a row: `prompt`, then `completions`. Each completion sees the prompt and itself, and
    /// its positions continue from the prompt's.
    pub fn push_row<'a>(&mut self, prompt: &[u32], completions: impl Iterator<Item = &'a [u32]>) {
        let first = self.segments.len();
        let prompt = self.push_branch(prompt, &[]);
        for completion in completions {
            self.push_branch(completion, std::slice::from_ref(&prompt));
        }
        self.end_row(first);
    }

    /// Adds `tokens`, which see the token ranges `before` and themselves, to the open row. Their
    /// positions continue from those of `before`. Returns their range. Adds no segment for no
    /// tokens.
    pub fn push_branch(&mut self, tokens: &[u32], before: &[Range<usize>]) -> Range<usize> {
        let position = before.iter().map(ExactSizeIterator::len).sum();
        let run = self.push_tokens(tokens, position);
        if !tokens.is_empty() {
            let runs = before.iter().cloned().chain([run.clone()]);
            self.push_segment(run.clone(), runs);
        }
        run
    }

    /// Makes a row of the segments from `first` on.
    pub fn end_row(&mut self, first: usize) {
        self.rows.push(first..self.segments.len());
    }

    /// Adds a row of one segment whose keys are in the cache slots `runs`. The last slots are those
    /// of `tokens`.
    pub fn push_cached(&mut self, tokens: &[u32], runs: impl Iterator<Item = Range<usize>>) {
        let start = self.tokens.len();
        self.rows.push(self.segments.len()..self.segments.len() + 1);
        let keys = self.push_segment(start..start + tokens.len(), runs);
        let earlier = keys - tokens.len();
        self.push_tokens(tokens, earlier);
        let own = self.segments.last().into_iter();
        let own = own.flat_map(|segment| self.runs[segment.runs.clone()].iter().cloned());
        self.slots.extend(own.flatten().skip(earlier));
    }

    /// Adds a segment and merges adjacent runs. Returns the number of keys.
    fn push_segment(
        &mut self,
        queries: Range<usize>,
        runs: impl Iterator<Item = Range<usize>>,
    ) -> usize {
        let start = self.runs.len();
        let mut keys = 0;
        for run in runs.filter(|run| !run.is_empty()) {
            keys += run.len();
            match self.runs[start..].last_mut() {
                Some(last) if last.end == run.start => last.end = run.end,
                _ => self.runs.push(run),
            }
        }
        self.segments.push(Segment {
            queries,
            runs: start..self.runs.len(),
            keys,
        });
        keys
    }

    /// Returns the key ranges of a segment.
    pub fn runs(&self, segment: &Segment) -> &[Range<usize>] {
        &self.runs[segment.runs.clone()]
    }

    /// Returns the keys of a segment.
    pub fn keys(&self, segment: &Segment) -> impl Iterator<Item = usize> {
        self.runs(segment).iter().cloned().flatten()
    }

    fn push_tokens(&mut self, tokens: &[u32], position: usize) -> Range<usize> {
        let start = self.tokens.len();
        self.tokens.extend_from_slice(tokens);
        self.positions
            .extend(position as u32..(position + tokens.len()) as u32);
        start..self.tokens.len()
    }

    /// Returns the token range of a row.
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
        assert_eq!(layout.keys(second).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!((second.visible(0), second.visible(1)), (4, 5));
        let third: Vec<usize> = layout.keys(&layout.segments[2]).collect();
        assert_eq!(third, [0, 1, 2, 5]);
    }

    #[test]
    fn cached_tokens_continue_their_runs_and_adjacent_ones_are_one() {
        let mut layout = Layout::default();
        layout.push_cached(&[4, 5], [10..13, 20..22, 22..23, 2..3].into_iter());
        assert_eq!(layout.positions, [5, 6]);
        assert_eq!(layout.slots, [22, 2]);
        assert_eq!(layout.runs, [10..13, 20..23, 2..3]);
        assert_eq!(layout.segments[0].visible(0), 6);
        layout.push_cached(&[6], std::iter::once(3..5));
        assert_eq!((layout.runs.len(), layout.slots[2]), (4, 4));
    }
}
