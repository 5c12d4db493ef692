//! Tiles of packed operands.

use crate::kernels::transpose::transpose_words;

/// The number of rows or columns of a panel.
pub(super) const LANES: usize = 16;

/// The number of terms of a tile.
pub(super) const TERMS: usize = 32;

/// A block of a product: the rows of two panels by the columns of two.
pub(super) type Block = [[f32; 2 * LANES]; 2 * LANES];

/// The order of a tile's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[lane][pair]`, in panels of rows.
    ByLane,
    /// `[pair][lane]`, in panels of columns.
    ByPair,
}

/// 16 lanes of 32 terms in bfloat16, two terms to a word.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Tile(pub(super) [[u32; 16]; 16]);

impl Tile {
    /// Exchanges lanes and pairs. The processor must have AVX-512, as all that multiply tiles do.
    #[inline(always)]
    pub(super) fn transpose(&mut self) {
        transpose_words(&mut self.0);
    }
}
