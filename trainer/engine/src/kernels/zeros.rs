//! Zeros that all threads write.
#![allow(
    unsafe_code,
    reason = "the standard library clears memory on one thread"
)]

use std::mem::MaybeUninit;

use rayon::prelude::*;

/// The number of zeros that one task writes.
const TASK: usize = 1 << 16;

/// Returns `count` zeros.
pub(super) fn zeros(count: usize) -> Vec<f32> {
    if count <= TASK {
        return vec![0.0; count];
    }
    let mut zeros = Vec::with_capacity(count);
    let parts = zeros.spare_capacity_mut()[..count].par_chunks_mut(TASK);
    parts.for_each(|part| part.fill(MaybeUninit::new(0.0)));
    // SAFETY: the tasks wrote the first `count` elements.
    unsafe { zeros.set_len(count) };
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_all_zero() {
        for count in [0, 1, TASK, TASK + 1, 3 * TASK + 7] {
            assert_eq!(zeros(count), vec![0.0; count]);
        }
    }
}
