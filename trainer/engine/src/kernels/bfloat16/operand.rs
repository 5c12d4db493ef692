//! Operands of a product, and their packing into tiles.

use std::ops::Range;

use half::bf16;

use crate::kernels::bfloat16::tile::{LANES, TERMS, Tile};
use crate::kernels::simd::vectorized;

/// The elements of a matrix.
#[derive(Clone, Copy, Debug)]
pub(super) enum Elements<'a> {
    /// 32-bit floats, which are rounded.
    Float32(&'a [f32]),
    /// Rounded numbers.
    BFloat16(&'a [bf16]),
}

/// A factor of a product: a matrix with any strides. A lane is a row of the left factor or a
/// column of the right factor; its terms are multiplied with those of the other factor's lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    /// The elements, from the first on.
    pub(super) elements: Elements<'a>,
    /// The number of lanes.
    pub(super) lanes: usize,
    /// The number of terms.
    pub(super) terms: usize,
    /// The distance from a lane to the next.
    pub(super) by_lane: usize,
    /// The distance from a term to the next.
    pub(super) by_term: usize,
}

impl Operand<'_> {
    /// Packs the rows from `first` on into the tiles of a panel. Missing rows and terms are 0.
    pub(super) fn pack_rows(&self, first: usize, tiles: &mut [Tile]) {
        self.pack(first, tiles, true);
    }

    /// Packs the columns from `first` on into the tiles of a panel.
    pub(super) fn pack_columns(&self, first: usize, tiles: &mut [Tile]) {
        self.pack(first, tiles, false);
    }

    fn pack(&self, first: usize, tiles: &mut [Tile], by_lane: bool) {
        let lanes = first..self.lanes.clamp(first, first + LANES);
        vectorized(
            #[inline(always)]
            || match self.elements {
                Elements::Float32(all) => self.pack_lanes(all, lanes, tiles, by_lane, rounded_bits),
                Elements::BFloat16(all) => {
                    let bits = |value: bf16| u32::from(value.to_bits());
                    self.pack_lanes(all, lanes, tiles, by_lane, bits);
                }
            },
        );
    }

    /// Packs lanes `[lane][pair]` if `by_lane`, and `[pair][lane]` otherwise.
    #[inline(always)]
    fn pack_lanes<E: Copy>(
        &self,
        all: &[E],
        lanes: Range<usize>,
        tiles: &mut [Tile],
        by_lane: bool,
        bits: impl Fn(E) -> u32,
    ) {
        let word = |low: E, high: E| bits(low) | bits(high) << 16;
        for (number, tile) in tiles.iter_mut().enumerate() {
            let start = number * TERMS;
            let terms = (self.terms - start).min(TERMS);
            let origin = lanes.start * self.by_lane + start * self.by_term;
            let whole = lanes.len() == LANES && terms == TERMS;
            // Elements are read in the order in which they lie.
            let packed_by_lane = if whole && self.by_term == 1 {
                for (lane, words) in tile.0.iter_mut().enumerate() {
                    let pairs = &all[origin + lane * self.by_lane..][..TERMS];
                    for (into, pair) in words.iter_mut().zip(pairs.chunks_exact(2)) {
                        *into = word(pair[0], pair[1]);
                    }
                }
                true
            } else if whole && self.by_lane == 1 {
                for (pair, words) in tile.0.iter_mut().enumerate() {
                    let low = &all[origin + 2 * pair * self.by_term..][..LANES];
                    let high = &all[origin + (2 * pair + 1) * self.by_term..][..LANES];
                    for (into, (low, high)) in words.iter_mut().zip(low.iter().zip(high)) {
                        *into = word(*low, *high);
                    }
                }
                false
            } else {
                *tile = Tile::default();
                for lane in 0..lanes.len() {
                    for term in 0..terms {
                        let at = origin + lane * self.by_lane + term * self.by_term;
                        tile.0[lane][term / 2] |= bits(all[at]) << (16 * (term % 2));
                    }
                }
                true
            };
            if packed_by_lane != by_lane {
                tile.transpose();
            }
        }
    }
}

/// Returns the bits of the nearest bfloat16, ties to even. A NaN stays one.
#[inline(always)]
fn rounded_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    match value.is_nan() {
        true => bits >> 16 | 0x40,
        false => (bits + 0x7fff + (bits >> 16 & 1)) >> 16,
    }
}
