//! Tiles of packed operands.
#![allow(unsafe_code, reason = "vectors have no safe conversion to arrays")]

use std::arch::x86_64::{
    __m512i, _mm512_shuffle_i32x4, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

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
        // SAFETY: AVX-512 is there, and both types are 1024 bytes of any content.
        unsafe {
            let rows = std::mem::transmute::<[[u32; 16]; 16], [__m512i; 16]>(self.0);
            self.0 = std::mem::transmute::<[__m512i; 16], [[u32; 16]; 16]>(transposed(rows));
        }
    }
}

/// Transposes 16 rows of 16 words: first within squares of 4 words, then those squares.
#[target_feature(enable = "avx512f")]
fn transposed(rows: [__m512i; 16]) -> [__m512i; 16] {
    let mut squares = rows;
    for four in squares.chunks_exact_mut(4) {
        let [a, b, c, d] = [four[0], four[1], four[2], four[3]];
        let (low, high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (low_below, high_below) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        four[0] = _mm512_unpacklo_epi64(low, low_below);
        four[1] = _mm512_unpackhi_epi64(low, low_below);
        four[2] = _mm512_unpacklo_epi64(high, high_below);
        four[3] = _mm512_unpackhi_epi64(high, high_below);
    }
    let mut columns = rows;
    for j in 0..4 {
        let [a, b, c, d] = [squares[j], squares[4 + j], squares[8 + j], squares[12 + j]];
        let (even, odd) = (
            _mm512_shuffle_i32x4::<0x88>(a, b),
            _mm512_shuffle_i32x4::<0xdd>(a, b),
        );
        let (even_below, odd_below) = (
            _mm512_shuffle_i32x4::<0x88>(c, d),
            _mm512_shuffle_i32x4::<0xdd>(c, d),
        );
        columns[j] = _mm512_shuffle_i32x4::<0x88>(even, even_below);
        columns[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd, odd_below);
        columns[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even, even_below);
        columns[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd, odd_below);
    }
    columns
}
