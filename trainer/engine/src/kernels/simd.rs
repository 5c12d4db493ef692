//! Loops over vectors: those that the compiler makes well by itself, and those that are written out.
#![allow(
    unsafe_code,
    reason = "vectors are read from slices by pointers; lengths are checked before"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "lanes of several arrays, by one index, are what becomes a vector"
)]

use macerator::{Arch, Scalar, Simd, Vector, WithSimd, vload_unaligned, vstore_unaligned};
use rayon::prelude::*;

/// The number of partial sums of a reduction. It is fixed, so that rounding is the same on every
/// machine with fused multiply-add, and large enough to hide the latency of additions.
const LANES: usize = 32;

/// Runs `work` compiled for the widest vectors of this machine. Only inlined code is vectorised;
/// other code pays a call for every fused multiply-add. Mark closures `#[inline(always)]`,
/// including `work`.
#[inline(always)]
pub(super) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// Calls `work` with the index of each chunk of `outputs`, in parallel if there are several. Chunks
/// have `length` elements, except the last. Mark `work` `#[inline(always)]`.
pub(super) fn for_each_chunk(
    outputs: &mut [f32],
    length: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) {
    if outputs.len() <= length {
        vectorized(
            #[inline(always)]
            || work(0, outputs),
        );
    } else {
        outputs
            .par_chunks_mut(length)
            .enumerate()
            .for_each(|(index, chunk)| {
                vectorized(
                    #[inline(always)]
                    || work(index, chunk),
                );
            });
    }
}

/// Returns the dot product.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut product = [0.0];
    dots(a, b, b.len(), &mut product);
    product[0]
}

/// Computes the dot products of `a` and the rows of `b`, which are `columns` apart.
///
/// # Panics
/// Panics if `b` has fewer rows than there are products.
#[inline(always)]
pub(super) fn dots(a: &[f32], b: &[f32], columns: usize, products: &mut [f32]) {
    Arch::new().dispatch(Dots {
        a,
        b,
        columns,
        products,
    });
}

struct Dots<'a> {
    a: &'a [f32],
    b: &'a [f32],
    columns: usize,
    products: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        for (row, product) in self.products.iter_mut().enumerate() {
            *product = dot_of::<S>(self.a, &self.b[row * self.columns..][..self.a.len()]);
        }
    }
}

/// The compiler takes the partial sums apart, so the vectors are written out.
#[inline(always)]
fn dot_of<S: Simd>(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "factors of a dot product");
    let lanes = f32::lanes::<S>();
    let mut vectors: [Vector<S, f32>; LANES] = [0.0f32.splat(); LANES];
    let whole = a.len() - a.len() % LANES;
    for at in (0..whole).step_by(LANES) {
        for (v, sum) in vectors[..LANES / lanes].iter_mut().enumerate() {
            let at = at + v * lanes;
            // SAFETY: `at + lanes` is at most `whole`, and both have that many elements.
            let (x, y): (Vector<S, f32>, Vector<S, f32>) = unsafe {
                (
                    vload_unaligned(a.as_ptr().add(at)),
                    vload_unaligned(b.as_ptr().add(at)),
                )
            };
            *sum = x.mul_add(y, *sum);
        }
    }
    let mut sums = [0.0f32; LANES];
    for (sums, vector) in sums.chunks_exact_mut(lanes).zip(vectors) {
        // SAFETY: a chunk has as many elements as a vector.
        unsafe { vstore_unaligned(sums.as_mut_ptr(), vector) };
    }
    for (lane, (x, y)) in a[whole..].iter().zip(&b[whole..]).enumerate() {
        sums[lane] = x.mul_add(*y, sums[lane]);
    }
    sum_lanes(sums)
}

/// Computes `y += a x`.
#[inline(always)]
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

/// Returns the maximum, or `f32::MIN` of no values.
#[inline(always)]
pub(super) fn maximum_of(values: &[f32]) -> f32 {
    let mut best = [f32::MIN; LANES];
    let mut chunks = values.chunks_exact(LANES);
    for chunk in &mut chunks {
        for lane in 0..LANES {
            best[lane] = if chunk[lane] > best[lane] {
                chunk[lane]
            } else {
                best[lane]
            };
        }
    }
    let rest = chunks.remainder().iter();
    best.iter().chain(rest).fold(f32::MIN, |a, b| a.max(*b))
}

/// Replaces values with `exp(value * scale - shift)` and returns their sum.
#[inline(always)]
pub(super) fn exp_and_sum(values: &mut [f32], scale: f32, shift: f32) -> f32 {
    let mut sums = [0.0f32; LANES];
    let mut chunks = values.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for lane in 0..LANES {
            chunk[lane] = exp(chunk[lane].mul_add(scale, -shift));
            sums[lane] += chunk[lane];
        }
    }
    for (lane, value) in chunks.into_remainder().iter_mut().enumerate() {
        *value = exp(value.mul_add(scale, -shift));
        sums[lane] += *value;
    }
    sum_lanes(sums)
}

#[inline(always)]
fn sum_lanes(mut sums: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

/// Computes the exponential inline, so that it vectorises, within two units in the last place.
/// Returns 0 below -87, where the result would be subnormal, and clamps the argument to 88.
///
/// Uses Cody and Waite's reduction to [-ln 2 / 2, ln 2 / 2] and the polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let bounded = x.clamp(-87.0, 88.0);
    let shifted = bounded.mul_add(std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let rest = whole.mul_add(-LN2_LOW, whole.mul_add(-LN2_HIGH, bounded));
    let mut series = 1.987_569_1e-4f32;
    for factor in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        series = series.mul_add(rest, factor);
    }
    let near_one = series.mul_add(rest * rest, rest + 1.0);
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { near_one * power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_in_the_last_place() {
        for step in -8_700..8_800 {
            let x = step as f32 * 0.01 + 0.003;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.4e-7, "exp({x}) is off by {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-200.0), 0.0);
        assert!(exp(f32::MIN) == 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn dot_products_are_summed_lane_by_lane() {
        for length in [0, 5, 32, 64, 100] {
            let a: Vec<f32> = (0..length).map(|at| at as f32 * 0.37 - 3.0).collect();
            let b: Vec<f32> = (0..length).map(|at| (at % 7) as f32 * 0.11).collect();
            let mut sums = [0.0f32; LANES];
            for (at, (x, y)) in a.iter().zip(&b).enumerate() {
                sums[at % LANES] = x.mul_add(*y, sums[at % LANES]);
            }
            let sum = sum_lanes(sums);
            assert_eq!(dot(&a, &b), sum);
            let rows = [b.clone(), vec![9.0; 3], b].concat();
            let mut products = [0.0; 2];
            dots(&a, &rows, length + 3, &mut products);
            assert_eq!(products, [sum; 2]);
        }
    }

    #[test]
    fn reductions_count_every_element_at_any_length() {
        for length in [0, 1, 31, 32, 33, 100] {
            let ones = vec![1.0; length];
            assert_eq!(dot(&ones, &ones), length as f32);
            let mut values = vec![2.0f32; length];
            assert_eq!(exp_and_sum(&mut values, 0.5, 1.0), length as f32);
            let mut ramp: Vec<f32> = (0..length).map(|i| i as f32).collect();
            ramp.reverse();
            assert_eq!(maximum_of(&ramp), ramp.first().copied().unwrap_or(f32::MIN));
        }
    }
}
