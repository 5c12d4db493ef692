//! Transposes squares of 16 words.
#![allow(unsafe_code, reason = "vectors have no safe conversion to arrays")]

/// The number of rows and columns of a square.
pub(super) const SIDE: usize = 16;

/// Exchanges the rows and columns of a square of floats.
#[inline(always)]
pub(super) fn transpose_floats(square: &mut [[f32; SIDE]; SIDE]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: AVX-512 is there, and both types are 1024 bytes of any content.
        unsafe {
            let rows = std::mem::transmute::<[[f32; SIDE]; SIDE], avx512::Rows>(*square);
            let columns = avx512::transposed(rows);
            *square = std::mem::transmute::<avx512::Rows, [[f32; SIDE]; SIDE]>(columns);
        }
        return;
    }
    let rows = *square;
    for (column, into) in square.iter_mut().enumerate() {
        for (value, row) in into.iter_mut().zip(&rows) {
            *value = row[column];
        }
    }
}

/// Exchanges the rows and columns of a square of words. The processor must have AVX-512.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn transpose_words(square: &mut [[u32; SIDE]; SIDE]) {
    // SAFETY: AVX-512 is there, and both types are 1024 bytes of any content.
    unsafe {
        let rows = std::mem::transmute::<[[u32; SIDE]; SIDE], avx512::Rows>(*square);
        let columns = avx512::transposed(rows);
        *square = std::mem::transmute::<avx512::Rows, [[u32; SIDE]; SIDE]>(columns);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_shuffle_i32x4, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
        _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
    };

    use super::SIDE;

    /// The rows of a square.
    pub(super) type Rows = [__m512i; SIDE];

    /// Transposes 16 rows of 16 words: first within squares of 4 words, then those squares.
    #[target_feature(enable = "avx512f")]
    pub(super) fn transposed(rows: Rows) -> Rows {
        let mut squares = rows;
        for four in squares.chunks_exact_mut(4) {
            let [a, b, c, d] = [four[0], four[1], four[2], four[3]];
            let (low, high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
            let (low_below, high_below) =
                (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let of = |row: usize, column: usize| (row * SIDE + column) as f32;
        let mut square = std::array::from_fn(|row| std::array::from_fn(|column| of(row, column)));
        transpose_floats(&mut square);
        let transposed: [[f32; SIDE]; SIDE] =
            std::array::from_fn(|row| std::array::from_fn(|column| of(column, row)));
        assert_eq!(square, transposed);
    }
}
