//! Products of tiles by AVX-512 BF16.
#![allow(unsafe_code, reason = "the instructions have no safe form")]

use std::arch::x86_64::{__m512bh, _mm512_dpbf16_ps, _mm512_setzero_ps, _mm512_storeu_ps};

use crate::kernels::bfloat16::tile::{LANES, Tile};

/// The number of rows whose sums are in registers at once.
const ROWS: usize = 8;

/// Returns true if the processor has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")
}

/// Multiplies two panels of rows with two panels of columns. Computes the rows that `block` has.
pub(super) fn multiply(left: &[Tile], one: &[Tile], two: &[Tile], block: &mut [[f32; 2 * LANES]]) {
    for (panel, rows) in left.chunks(one.len().max(1)).zip(block.chunks_mut(LANES)) {
        for (part, rows) in rows.chunks_mut(ROWS).enumerate() {
            // SAFETY: the instructions are available.
            unsafe { multiply_rows(panel, part * ROWS, one, two, rows) }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn multiply_rows(
    left: &[Tile],
    first: usize,
    one: &[Tile],
    two: &[Tile],
    block: &mut [[f32; 2 * LANES]],
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    let words = |words: &[u32; 16]| -> __m512bh {
        // SAFETY: both types are 64 bytes of any content.
        unsafe { std::mem::transmute::<[u32; 16], __m512bh>(*words) }
    };
    for ((left, one), two) in left.iter().zip(one).zip(two) {
        for pair in 0..16 {
            let columns = [words(&one.0[pair]), words(&two.0[pair])];
            for (row, sums) in sums.iter_mut().enumerate() {
                let word = words(&[left.0[first + row][pair]; LANES]);
                sums[0] = _mm512_dpbf16_ps(sums[0], word, columns[0]);
                sums[1] = _mm512_dpbf16_ps(sums[1], word, columns[1]);
            }
        }
    }
    for (sums, row) in sums.iter().zip(block) {
        let (one, two) = row.split_at_mut(LANES);
        // SAFETY: both halves hold 16 floats.
        unsafe {
            _mm512_storeu_ps(one.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(two.as_mut_ptr(), sums[1]);
        }
    }
}
