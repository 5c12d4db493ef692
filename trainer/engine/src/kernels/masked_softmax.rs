//! Fused log-softmax over the allowed set of each choice, for a block of the vocabulary. Logits
//! outside the set are not read.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::Choice;
use crate::kernels::simd::{dot, exp_and_sum, for_each_chunk, maximum_of, vectorized};
use crate::kernels::zeros::zeros;

/// The number of rows in a parallel chunk.
const ROWS: usize = 64;

/// The softmax terms of a block, one per choice.
#[derive(Default)]
pub(super) struct BlockTerms {
    /// The largest logit.
    pub(super) maxima: Vec<f32>,
    /// The sum of the exponentials relative to the largest logit.
    pub(super) sums: Vec<f32>,
    /// The same sum, each term times its logit.
    pub(super) weighted_sums: Vec<f32>,
    /// The chosen logit, or 0 if it is outside the block.
    pub(super) chosen: Vec<f32>,
}

/// Computes the softmax terms of `block` from rows of its logits.
pub(super) fn forward(
    logits: &[f32],
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
) -> BlockTerms {
    let width = block.len().max(1);
    let rows: Vec<[f32; 4]> = choices
        .par_chunks(ROWS)
        .zip(logits.par_chunks(ROWS * width))
        .flat_map_iter(|(choices, logits)| {
            vectorized(
                #[inline(always)]
                || {
                    let (mut rows, mut weights) = (Vec::new(), Vec::new());
                    // A loop, because `map` would not be inlined.
                    for (choice, row) in choices.iter().zip(logits.chunks_exact(width)) {
                        rows.push(softmax_row(row, choice, &block, temperature, &mut weights));
                    }
                    rows
                },
            )
        })
        .collect();
    let part = |at: usize| rows.iter().map(|row| row[at]).collect();
    BlockTerms {
        maxima: part(0),
        sums: part(1),
        weighted_sums: part(2),
        chosen: part(3),
    }
}

#[inline(always)]
fn softmax_row(
    logits: &[f32],
    choice: &Choice,
    block: &Range<usize>,
    temperature: f32,
    weights: &mut Vec<f32>,
) -> [f32; 4] {
    gather(logits, choice, block, weights);
    let set = weights.clone();
    let maximum = maximum_of(&set);
    let sum = exp_and_sum(weights, 1.0 / temperature, maximum / temperature);
    let chosen = match block.contains(&(choice.token as usize)) {
        true => logits[choice.token as usize - block.start],
        false => 0.0,
    };
    [maximum, sum, dot(&set, weights), chosen]
}

/// The terms of the logit gradient, one per choice; see
/// [`SoftmaxGradient`](crate::kernels::SoftmaxGradient).
#[derive(Clone, Copy)]
pub(super) struct GradientTerms<'a> {
    pub(super) log_sums: &'a [f32],
    pub(super) constant: &'a [f32],
    pub(super) linear: &'a [f32],
    pub(super) chosen: &'a [f32],
}

/// Computes the gradient of rows of logits of `block`; it is 0 outside the allowed set.
pub(super) fn backward(
    logits: &[f32],
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
    terms: GradientTerms<'_>,
) -> Vec<f32> {
    let width = block.len().max(1);
    let mut gradients = zeros(logits.len());
    for_each_chunk(
        &mut gradients,
        ROWS * width,
        #[inline(always)]
        |index, chunk| {
            let first = index * ROWS;
            let (mut set, mut weights) = (Vec::new(), Vec::new());
            for (row, out) in chunk.chunks_exact_mut(width).enumerate() {
                let row = first + row;
                let choice = &choices[row];
                let logits = &logits[row * width..(row + 1) * width];
                gather(logits, choice, &block, &mut weights);
                set.clone_from(&weights);
                exp_and_sum(&mut weights, 1.0 / temperature, terms.log_sums[row]);
                let (constant, linear) = (terms.constant[row], terms.linear[row]);
                for (weight, x) in weights.iter_mut().zip(&set) {
                    *weight *= linear.mul_add(*x, constant);
                }
                match choice.inside(&block) {
                    Some(inside) => {
                        for (token, gradient) in inside.iter().zip(&weights) {
                            out[*token as usize - block.start] = *gradient;
                        }
                    }
                    None => out.copy_from_slice(&weights),
                }
                if block.contains(&(choice.token as usize)) {
                    out[choice.token as usize - block.start] += terms.chosen[row];
                }
            }
        },
    );
    gradients
}

/// Gathers the logits of the allowed set in the block.
#[inline(always)]
fn gather(logits: &[f32], choice: &Choice, block: &Range<usize>, into: &mut Vec<f32>) {
    into.clear();
    match choice.inside(block) {
        Some(inside) => {
            into.extend(
                inside
                    .iter()
                    .map(|token| logits[*token as usize - block.start]),
            );
        }
        None => into.extend_from_slice(logits),
    }
}
