//! Tiles of packed operands.

/// The number of rows or columns of a panel.
pub(super) const LANES: usize = 16;

/// The number of terms of a tile.
pub(super) const TERMS: usize = 32;

/// 16 lanes of 32 terms in bfloat16, two terms to a word: `[lane][pair]` in a panel of rows,
/// `[pair][lane]` in a panel of columns.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Tile(pub(super) [[u32; 16]; 16]);

impl Tile {
    /// Exchanges lanes and pairs.
    pub(super) fn transpose(&mut self) {
        let source = self.0;
        for (row, words) in self.0.iter_mut().enumerate() {
            for (column, word) in words.iter_mut().enumerate() {
                *word = source[column][row];
            }
        }
    }
}
