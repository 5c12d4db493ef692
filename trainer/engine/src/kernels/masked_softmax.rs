//! Fused log-softmax over the set that each token was chosen from, a block of the
//! vocabulary at a time: other logits of the block are not touched.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::Choice;
use crate::kernels::simd::{dot, exponentials, for_each_chunk, largest, vectorized};

/// Rows of a parallel chunk.
const ROWS: usize = 64;

/// Of each choice, what a block holds of its softmax.
#[derive(Default)]
pub(super) struct Seen {
    /// Largest logit.
    pub(super) tops: Vec<f32>,
    /// Sum of the exponentials relative to it.
    pub(super) sums: Vec<f32>,
    /// The same, each times its logit.
    pub(super) weighted: Vec<f32>,
    /// The chosen logit; 0 where it is not in the block.
    pub(super) chosen: Vec<f32>,
}

/// What blocks hold, from rows of logits of the words in `block`.
pub(super) fn forward(
    logits: &[f32],
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
) -> Seen {
    let width = block.len().max(1);
    let rows: Vec<[f32; 4]> = choices
        .par_chunks(ROWS)
        .zip(logits.par_chunks(ROWS * width))
        .flat_map_iter(|(choices, logits)| {
            vectorized(
                #[inline(always)]
                || {
                    let (mut rows, mut weights) = (Vec::new(), Vec::new());
                    // A loop and not `map`, which would not be inlined.
                    for (choice, row) in choices.iter().zip(logits.chunks_exact(width)) {
                        rows.push(one(row, choice, &block, temperature, &mut weights));
                    }
                    rows
                },
            )
        })
        .collect();
    let part = |at: usize| rows.iter().map(|row| row[at]).collect();
    Seen {
        tops: part(0),
        sums: part(1),
        weighted: part(2),
        chosen: part(3),
    }
}

#[inline(always)]
fn one(
    logits: &[f32],
    choice: &Choice,
    block: &Range<usize>,
    temperature: f32,
    weights: &mut Vec<f32>,
) -> [f32; 4] {
    gather(logits, choice, block, weights);
    let set = weights.clone();
    let top = largest(&set);
    let sum = exponentials(weights, 1.0 / temperature, top / temperature);
    let chosen = match block.contains(&(choice.token as usize)) {
        true => logits[choice.token as usize - block.start],
        false => 0.0,
    };
    [top, sum, dot(&set, weights), chosen]
}

/// What the gradient of a choice's logits is made of, each by choice: that of logit x
/// is exp(x / temperature - log_sum) (constant + linear x), and `chosen` more at the
/// token that was chosen.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) log_sums: &'a [f32],
    pub(super) constant: &'a [f32],
    pub(super) linear: &'a [f32],
    pub(super) chosen: &'a [f32],
}

/// Gradient of rows of logits of the words in `block`: 0 outside a choice's set.
pub(super) fn backward(
    logits: &[f32],
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
    known: Known<'_>,
) -> Vec<f32> {
    let width = block.len().max(1);
    let mut slopes = vec![0.0; logits.len()];
    for_each_chunk(
        &mut slopes,
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
                exponentials(&mut weights, 1.0 / temperature, known.log_sums[row]);
                let (constant, linear) = (known.constant[row], known.linear[row]);
                for (weight, x) in weights.iter_mut().zip(&set) {
                    *weight *= linear.mul_add(*x, constant);
                }
                match choice.inside(&block) {
                    Some(inside) => {
                        for (token, slope) in inside.iter().zip(&weights) {
                            out[*token as usize - block.start] = *slope;
                        }
                    }
                    None => out.copy_from_slice(&weights),
                }
                if block.contains(&(choice.token as usize)) {
                    out[choice.token as usize - block.start] += known.chosen[row];
                }
            }
        },
    );
    slopes
}

/// The logits of the part of a choice's set that is in the block.
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
