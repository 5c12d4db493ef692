//! Operands of a product, and their packing into tiles.
#![allow(
    clippy::needless_range_loop,
    reason = "words of several tiles, by one index, are what becomes a vector"
)]

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

/// The numbers in bfloat16 that stand for an element of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernels) enum Split {
    /// The nearest number.
    Nearest,
    /// Three numbers whose sum is the element.
    Three,
}

impl Split {
    /// Returns the number of numbers.
    pub(super) fn parts(self) -> usize {
        match self {
            Self::Nearest => 1,
            Self::Three => 3,
        }
    }
}

impl Operand<'_> {
    /// Packs the lanes from `first` on into panels of `depth` tiles for each part; the parts of a
    /// tile are neighbours. Lanes and terms that are not there are 0.
    pub(super) fn pack(
        &self,
        first: usize,
        depth: usize,
        split: Split,
        order: Order,
        tiles: &mut [Tile],
    ) {
        vectorized(
            #[inline(always)]
            || match (self.elements, split) {
                (Elements::Float32(all), Split::Nearest) => {
                    let bits = |value| [rounded_bits(value)];
                    self.pack_elements(all, first, depth, order, tiles, bits);
                }
                (Elements::Float32(all), Split::Three) => {
                    self.pack_elements(all, first, depth, order, tiles, three_parts);
                }
                (Elements::BFloat16(all), Split::Nearest) => {
                    let bits = |value: bf16| [u32::from(value.to_bits())];
                    self.pack_elements(all, first, depth, order, tiles, bits);
                }
                (Elements::BFloat16(all), Split::Three) => {
                    let bits = |value: bf16| [u32::from(value.to_bits()), 0, 0];
                    self.pack_elements(all, first, depth, order, tiles, bits);
                }
            },
        );
    }

    #[inline(always)]
    fn pack_elements<E: Copy, const PARTS: usize>(
        &self,
        all: &[E],
        first: usize,
        depth: usize,
        order: Order,
        tiles: &mut [Tile],
        bits: impl Fn(E) -> [u32; PARTS],
    ) {
        let tiles = tiles.as_chunks_mut::<PARTS>().0;
        let panels = tiles.len() / depth;
        for count in 0..tiles.len() {
            // Elements are read in the order in which they lie.
            let (panel, number) = match self.by_term < self.by_lane {
                true => (count / depth, count % depth),
                false => (count % panels, count / panels),
            };
            let parts = &mut tiles[panel * depth + number];
            let (lane, term) = (first + panel * LANES, number * TERMS);
            let lanes = self.lanes.saturating_sub(lane).min(LANES);
            let terms = (self.terms - term).min(TERMS);
            let origin = lane * self.by_lane + term * self.by_term;
            let whole = lanes == LANES && terms == TERMS;
            let packed = if whole && self.by_term == 1 {
                for lane in 0..LANES {
                    let pairs = &all[origin + lane * self.by_lane..][..TERMS];
                    for word in 0..LANES {
                        let (low, high) = (bits(pairs[2 * word]), bits(pairs[2 * word + 1]));
                        for part in 0..PARTS {
                            parts[part].0[lane][word] = low[part] | high[part] << 16;
                        }
                    }
                }
                Order::ByLane
            } else if whole && self.by_lane == 1 {
                for pair in 0..LANES {
                    let low = &all[origin + 2 * pair * self.by_term..][..LANES];
                    let high = &all[origin + (2 * pair + 1) * self.by_term..][..LANES];
                    for word in 0..LANES {
                        let (low, high) = (bits(low[word]), bits(high[word]));
                        for part in 0..PARTS {
                            parts[part].0[pair][word] = low[part] | high[part] << 16;
                        }
                    }
                }
                Order::ByPair
            } else {
                *parts = [Tile::default(); PARTS];
                for lane in 0..lanes {
                    for term in 0..terms {
                        let at = origin + lane * self.by_lane + term * self.by_term;
                        for (part, bits) in parts.iter_mut().zip(bits(all[at])) {
                            part.0[lane][term / 2] |= bits << (16 * (term % 2));
                        }
                    }
                }
                Order::ByLane
            };
            if packed != order {
                parts.iter_mut().for_each(Tile::transpose);
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

/// Returns the bits of three numbers whose sum is `value`, the nearest first, ties away from 0. A
/// value beyond the largest bfloat16, 3.39e38, has no such numbers.
#[inline(always)]
fn three_parts(value: f32) -> [u32; 3] {
    let nearest = |value: f32| value.to_bits().wrapping_add(0x8000) & 0xffff_0000;
    let first = nearest(value);
    let rest = value - f32::from_bits(first);
    let second = nearest(rest);
    let third = rest - f32::from_bits(second);
    [first, second, third.to_bits()].map(|bits| bits >> 16)
}
