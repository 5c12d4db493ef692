//! Fused log-softmax over the set that each token was chosen from: neither the
//! other logits nor their log-probabilities are touched.

use super::Choice;
use super::lanes::{dot, exponentials, for_each_chunk, largest, vectorized};

/// Rows of a parallel chunk.
const ROWS: usize = 64;

/// Log-probability and entropy of each choice, from rows of logits as long as
/// the vocabulary, divided by `temperature`.
pub(super) fn forward(
    logits: &[f32],
    choices: &[Choice],
    temperature: f32,
) -> (Vec<f32>, Vec<f32>) {
    let vocabulary = logits.len() / choices.len().max(1);
    let mut weights = Vec::new();
    let rows = choices.iter().zip(logits.chunks_exact(vocabulary.max(1)));
    let (mut logprobs, mut entropies) = (Vec::new(), Vec::new());
    vectorized(
        #[inline(always)]
        || {
            for (choice, row) in rows {
                let (logprob, entropy) = one(row, choice, temperature, &mut weights);
                logprobs.push(logprob);
                entropies.push(entropy);
            }
        },
    );
    (logprobs, entropies)
}

/// Log-probability and entropy of one choice.
#[inline(always)]
fn one(logits: &[f32], choice: &Choice, temperature: f32, weights: &mut Vec<f32>) -> (f32, f32) {
    gather(logits, choice, weights);
    let set = weights.clone();
    let top = largest(&set);
    let sum = exponentials(weights, 1.0 / temperature, top / temperature);
    let log_sum = sum.ln() + top / temperature;
    let mean = dot(&set, weights) / (sum * temperature);
    let chosen = logits[choice.token as usize] / temperature;
    (chosen - log_sum, (log_sum - mean).max(0.0))
}

/// Gradient of the logits, given those of the log-probabilities and of the
/// entropies H: (grad (1[token] - p) - grad' p (log p + H)) / temperature inside
/// the set, 0 outside.
pub(super) fn backward(
    logits: &[f32],
    choices: &[Choice],
    temperature: f32,
    logprob_grad: &[f32],
    entropy_grad: &[f32],
) -> Vec<f32> {
    let vocabulary = logits.len() / choices.len().max(1);
    let mut logits_grad = vec![0.0; logits.len()];
    for_each_chunk(
        &mut logits_grad,
        ROWS * vocabulary.max(1),
        #[inline(always)]
        |index, chunk| {
            let first = index * ROWS;
            let (mut set, mut weights) = (Vec::new(), Vec::new());
            for (row, out) in chunk.chunks_exact_mut(vocabulary).enumerate() {
                let row = first + row;
                let choice = &choices[row];
                let logits = &logits[row * vocabulary..(row + 1) * vocabulary];
                gather(logits, choice, &mut weights);
                set.clone_from(&weights);
                let top = largest(&weights);
                let sum = exponentials(&mut weights, 1.0 / temperature, top / temperature);
                // The gradient is weight (a + b logit).
                let mut a = -logprob_grad[row] / (sum * temperature);
                let mut b = 0.0;
                if entropy_grad[row] != 0.0 {
                    // log p + H = (logit - mean logit) / temperature.
                    let mean = dot(&set, &weights) / sum;
                    b = -entropy_grad[row] / (sum * temperature * temperature);
                    a -= b * mean;
                }
                let gradients = set
                    .iter()
                    .zip(&weights)
                    .map(|(x, weight)| weight * (a + b * x));
                match &choice.among {
                    Some(among) => {
                        for (token, gradient) in among.iter().zip(gradients) {
                            out[*token as usize] = gradient;
                        }
                    }
                    None => {
                        for (out, gradient) in out.iter_mut().zip(gradients) {
                            *out = gradient;
                        }
                    }
                }
                out[choice.token as usize] += logprob_grad[row] / temperature;
            }
        },
    );
    logits_grad
}

/// The logits of a choice's set.
#[inline(always)]
fn gather(logits: &[f32], choice: &Choice, into: &mut Vec<f32>) {
    into.clear();
    match &choice.among {
        Some(among) => into.extend(among.iter().map(|token| logits[*token as usize])),
        None => into.extend_from_slice(logits),
    }
}
