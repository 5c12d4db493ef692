//! Matrix products of operands in bfloat16, with 32-bit sums.
//!
//! Operands are rounded to the nearest bfloat16, ties to even, when they are packed (`operand.rs`).
//! Split in three such numbers each, they give products in 32 bits (Henry, Tang and Heinecke,
//! arXiv:1904.06376), which AMX computes faster than other instructions.
//! The processor multiplies whole tiles (`amx.rs`) or pairs of terms (`avx512.rs`). Each element's
//! sum is taken in the same order on any number of threads and for any number of rows.

mod amx;
mod avx512;
mod operand;
mod packed;
mod panels;
mod product;
mod serial;
mod tensors;
mod tile;

pub(in crate::kernels) use self::operand::{Elements, Operand, Split};
pub(in crate::kernels) use self::packed::Packed;
pub(in crate::kernels) use self::panels::Panels;

/// The instructions that multiply tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernels) enum Instructions {
    /// Intel's AMX.
    Amx,
    /// AVX-512 BF16.
    Avx512,
}

impl Instructions {
    /// Returns the instructions of this machine, the fastest first.
    pub(in crate::kernels) fn available() -> impl Iterator<Item = Self> {
        let all = [
            (Self::Amx, amx::is_available()),
            (Self::Avx512, avx512::is_available()),
        ];
        all.into_iter()
            .filter_map(|(instructions, available)| available.then_some(instructions))
    }
}

#[cfg(test)]
mod tests;
