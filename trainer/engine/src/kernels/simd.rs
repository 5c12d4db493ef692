//! Loops that the compiler turns into vector instructions.
#![allow(
    clippy::needless_range_loop,
    reason = "lanes of several arrays, by one index, are what becomes a vector"
)]

use macerator::Arch;
use rayon::prelude::*;

/// Floats that a reduction keeps apart: rounding is then the same on every
/// machine with fused multiply-add, and no addition waits for the one before.
const LANES: usize = 32;

/// Runs `work` compiled for the widest vectors that this machine has. Only what
/// is inlined gains, and the rest pays a call for every fused multiply-add: mark
/// closures `#[inline(always)]`, this one's argument too.
#[inline(always)]
pub(super) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// Calls `work` with the index of each chunk of `outputs`, in parallel where
/// there are several. Chunks are `length` long but for the last. Mark `work`
/// `#[inline(always)]`.
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

/// Sum of products.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let mut left = a.chunks_exact(LANES);
    let mut right = b.chunks_exact(LANES);
    for (x, y) in (&mut left).zip(&mut right) {
        for lane in 0..LANES {
            sums[lane] = x[lane].mul_add(y[lane], sums[lane]);
        }
    }
    for (lane, (x, y)) in left.remainder().iter().zip(right.remainder()).enumerate() {
        sums[lane] = x.mul_add(*y, sums[lane]);
    }
    total(sums)
}

/// `y += a x`.
#[inline(always)]
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

/// Largest of the values; the least float of none.
#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
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

/// Replaces values by `exp(value * scale - shift)` and sums them.
#[inline(always)]
pub(super) fn exponentials(values: &mut [f32], scale: f32, shift: f32) -> f32 {
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
    total(sums)
}

#[inline(always)]
fn total(mut sums: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

/// The exponential, within two units in the last place, without a call and so
/// by vectors; 0 below -87, where the result would not be a normal float, and
/// clamped above 88.
///
/// Cody and Waite's reduction to [-ln 2 / 2, ln 2 / 2] and the polynomial of
/// Cephes' `expf`.
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
    fn reductions_count_every_element_at_any_length() {
        for length in [0, 1, 31, 32, 33, 100] {
            let ones = vec![1.0; length];
            assert_eq!(dot(&ones, &ones), length as f32);
            let mut values = vec![2.0f32; length];
            assert_eq!(exponentials(&mut values, 0.5, 1.0), length as f32);
            let mut ramp: Vec<f32> = (0..length).map(|i| i as f32).collect();
            ramp.reverse();
            assert_eq!(largest(&ramp), ramp.first().copied().unwrap_or(f32::MIN));
        }
    }
}
