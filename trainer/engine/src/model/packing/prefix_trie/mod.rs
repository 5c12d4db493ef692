//! Rows as tries of their prompts: a beginning that several prompts share is computed once.
//!
//! Prompts share whole blocks of tokens, so that segments stay long; equal prompts share
//! everything. The shared tokens' gradients are the sums over the rows that share them.

use std::ops::Range;

use crate::kernels::Layout;
use crate::model::packing::row::Row;

/// The number of tokens of a block. Prompts that begin with the same tokens share as many whole
/// blocks of them as there are.
const BLOCK: usize = 32;

/// Rows in a layout, and the places of their tokens in it.
#[derive(Debug, Default)]
pub(super) struct PrefixTrie {
    /// The tokens of all rows.
    pub(super) layout: Layout,
    /// The places of each row.
    pub(super) places: Vec<RowPlaces>,
}

/// The places of a row's tokens in a layout.
#[derive(Clone, Debug, Default)]
pub(super) struct RowPlaces {
    /// The index of the prompt's last token.
    pub(super) prompt_end: usize,
    /// The index of each completion's first token.
    pub(super) completions: Vec<usize>,
}

impl PrefixTrie {
    /// Lays out the rows, each with the beginnings `completions` of its completions.
    pub(super) fn new(rows: &[&Row], completions: impl Fn(&Row) -> Vec<&[u32]>) -> Self {
        let mut trie = Self {
            layout: Layout::default(),
            places: vec![RowPlaces::default(); rows.len()],
        };
        let order = by_prompt(rows);
        let related = |a: &usize, b: &usize| shared(rows[*a], rows[*b]) > 0;
        for group in order.chunk_by(related) {
            let first = trie.layout.segments.len();
            trie.push(rows, group, &mut Vec::new(), 0, &completions);
            trie.layout.end_row(first);
        }
        trie
    }

    /// Adds the rows `group`, whose prompts share their first `depth` tokens, which are at `path`.
    fn push(
        &mut self,
        rows: &[&Row],
        group: &[usize],
        path: &mut Vec<Range<usize>>,
        depth: usize,
        completions: &impl Fn(&Row) -> Vec<&[u32]>,
    ) {
        let related = |a: &usize, b: &usize| shared(rows[*a], rows[*b]) > depth;
        for group in group.chunk_by(related) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else {
                continue;
            };
            let prompt = &rows[*first].prompt;
            let end = shared(rows[*first], rows[*last]);
            let tokens = self.layout.push_branch(&prompt[depth..end], path);
            let branches = path.len();
            if !tokens.is_empty() {
                path.push(tokens);
            }
            if rows[*last].prompt == *prompt {
                let prompt_end = path.last().map_or(0, |run| run.end - 1);
                for index in group {
                    let ends = completions(rows[*index]);
                    let starts = ends.into_iter();
                    let starts = starts.map(|tokens| self.layout.push_branch(tokens, path).start);
                    self.places[*index] = RowPlaces {
                        completions: starts.collect(),
                        prompt_end,
                    };
                }
            } else {
                self.push(rows, group, path, end, completions);
            }
            path.truncate(branches);
        }
    }
}

/// Returns the indices of rows in order of their prompts. Rows with equal prompts keep their order.
pub(super) fn by_prompt(rows: &[&Row]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*a].prompt.cmp(&rows[*b].prompt));
    order
}

/// Returns the number of tokens that the prompts of two rows share in a trie.
pub(super) fn shared(a: &Row, b: &Row) -> usize {
    if a.prompt == b.prompt {
        return a.prompt.len();
    }
    let both = a.prompt.iter().zip(&*b.prompt);
    let equal = both.take_while(|(a, b)| a == b).count();
    equal / BLOCK * BLOCK
}

#[cfg(test)]
mod tests;
