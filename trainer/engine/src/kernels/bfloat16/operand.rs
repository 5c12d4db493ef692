//! Operands of a product, and their packing into tiles.

use half::bf16;

use crate::kernels::bfloat16::tile::{LANES, Order, TERMS, Tile};
use crate::kernels::simd::vectorized;

/// The elements of a matrix.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) enum Elements<'a> {
    /// 32-bit floats, which are rounded.
    Float32(&'a [f32]),
    /// Rounded numbers.
    BFloat16(&'a [bf16]),
}

/// A factor of a product: a matrix with any strides. A lane is a row of the left factor or a
/// column of the right factor; its terms are multiplied with those of the other factor's lanes.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Operand<'a> {
    /// The elements, from the first on.
    pub(in crate::kernels) elements: Elements<'a>,
    /// The number of lanes.
    pub(in crate::kernels) lanes: usize,
    /// The number of terms.
    pub(in crate::kernels) terms: usize,
    /// The distance from a lane to the next.
    pub(in crate::kernels) by_lane: usize,
    /// The distance from a term to the next.
    pub(in crate::kernels) by_term: usize,
}

impl Operand<'_> {
    /// Packs the lanes from `first` on into panels of `depth` tiles. Lanes and terms that are not
    /// there are 0.
    pub(super) fn pack(&self, first: usize, depth: usize, order: Order, tiles: &mut [Tile]) {
        vectorized(
            #[inline(always)]
            || match self.elements {
                Elements::Float32(all) => {
                    self.pack_elements(all, first, depth, order, tiles, rounded_bits);
                }
                Elements::BFloat16(all) => {
                    let bits = |value: bf16| u32::from(value.to_bits());
                    self.pack_elements(all, first, depth, order, tiles, bits);
                }
            },
        );
    }

    #[inline(always)]
    fn pack_elements<E: Copy>(
        &self,
        all: &[E],
        first: usize,
        depth: usize,
        order: Order,
        tiles: &mut [Tile],
        bits: impl Fn(E) -> u32,
    ) {
        let word = |low: E, high: E| bits(low) | bits(high) << 16;
        let panels = tiles.len() / depth;
        for count in 0..tiles.len() {
            // Elements are read in the order in which they lie.
            let (panel, number) = match self.by_term < self.by_lane {
                true => (count / depth, count % depth),
                false => (count % panels, count / panels),
            };
            let tile = &mut tiles[panel * depth + number];
            let (lane, term) = (first + panel * LANES, number * TERMS);
            let lanes = self.lanes.saturating_sub(lane).min(LANES);
            let terms = (self.terms - term).min(TERMS);
            let origin = lane * self.by_lane + term * self.by_term;
            let whole = lanes == LANES && terms == TERMS;
            let packed = if whole && self.by_term == 1 {
                for (lane, words) in tile.0.iter_mut().enumerate() {
                    let pairs = &all[origin + lane * self.by_lane..][..TERMS];
                    for (into, pair) in words.iter_mut().zip(pairs.chunks_exact(2)) {
                        *into = word(pair[0], pair[1]);
                    }
                }
                Order::ByLane
            } else if whole && self.by_lane == 1 {
                for (pair, words) in tile.0.iter_mut().enumerate() {
                    let low = &all[origin + 2 * pair * self.by_term..][..LANES];
                    let high = &all[origin + (2 * pair + 1) * self.by_term..][..LANES];
                    for (into, (low, high)) in words.iter_mut().zip(low.iter().zip(high)) {
                        *into = word(*low, *high);
                    }
                }
                Order::ByPair
            } else {
                *tile = Tile::default();
                for lane in 0..lanes {
                    for term in 0..terms {
                        let at = origin + lane * self.by_lane + term * self.by_term;
                        tile.0[lane][term / 2] |= bits(all[at]) << (16 * (term % 2));
                    }
                }
                Order::ByLane
            };
            if packed != order {
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
