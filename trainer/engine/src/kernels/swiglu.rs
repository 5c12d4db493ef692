//! Fused SwiGLU: y = silu(gate) up, of rows `[gate | up]`.

use crate::kernels::simd::{exp, for_each_chunk};
use crate::kernels::zeros::zeros;

/// The number of rows in a parallel chunk.
const ROWS: usize = 32;

/// Computes rows of `width` from rows of `2 * width`.
pub(super) fn forward(gate_up: &[f32], width: usize) -> Vec<f32> {
    let mut y = zeros(gate_up.len() / 2);
    for_each_chunk(
        &mut y,
        ROWS * width,
        #[inline(always)]
        |index, y| {
            let inputs = &gate_up[index * ROWS * 2 * width..];
            for (input, y) in inputs
                .chunks_exact(2 * width)
                .zip(y.chunks_exact_mut(width))
            {
                let (gate, up) = input.split_at(width);
                for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
                    *y = g * sigmoid(*g) * u;
                }
            }
        },
    );
    y
}

/// Computes the gradient of `gate_up`, given the gradient of the output.
#[allow(
    clippy::needless_range_loop,
    reason = "a zip of five is not turned into vector instructions"
)]
pub(super) fn backward(gate_up: &[f32], width: usize, grad: &[f32]) -> Vec<f32> {
    let mut inputs_grad = zeros(gate_up.len());
    for_each_chunk(
        &mut inputs_grad,
        ROWS * 2 * width,
        #[inline(always)]
        |index, out| {
            let inputs = &gate_up[index * ROWS * 2 * width..];
            let grads = &grad[index * ROWS * width..];
            let rows = inputs
                .chunks_exact(2 * width)
                .zip(grads.chunks_exact(width));
            for ((input, grad), out) in rows.zip(out.chunks_exact_mut(2 * width)) {
                let (gate, up) = input.split_at(width);
                let (gate_grad, up_grad) = out.split_at_mut(width);
                let (gate, up, grad) = (&gate[..width], &up[..width], &grad[..width]);
                let (gate_grad, up_grad) = (&mut gate_grad[..width], &mut up_grad[..width]);
                for i in 0..width {
                    let s = sigmoid(gate[i]);
                    up_grad[i] = grad[i] * gate[i] * s;
                    gate_grad[i] = grad[i] * up[i] * s * (gate[i] * (1.0 - s) + 1.0);
                }
            }
        },
    );
    inputs_grad
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
