//! Fused SwiGLU: y = silu(gate) up, of rows [gate | up].

use super::lanes::{exp, for_each_chunk};

/// Rows of a parallel chunk.
const ROWS: usize = 32;

/// Rows of `width`, of rows of twice that.
pub(super) fn forward(gate_up: &[f32], width: usize) -> Vec<f32> {
    let mut y = vec![0.0; gate_up.len() / 2];
    for_each_chunk(&mut y, ROWS * width, #[inline(always)] |index, y| {
        let inputs = &gate_up[index * ROWS * 2 * width..];
        for (input, y) in inputs.chunks_exact(2 * width).zip(y.chunks_exact_mut(width)) {
            let (gate, up) = input.split_at(width);
            for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
                *y = g * sigmoid(*g) * u;
            }
        }
    });
    y
}

/// Gradient of `gate_up`, given that of the output, `grad`.
pub(super) fn backward(gate_up: &[f32], width: usize, grad: &[f32]) -> Vec<f32> {
    let mut inputs_grad = vec![0.0; gate_up.len()];
    for_each_chunk(&mut inputs_grad, ROWS * 2 * width, #[inline(always)] |index, out| {
        let inputs = &gate_up[index * ROWS * 2 * width..];
        let grads = &grad[index * ROWS * width..];
        let rows = inputs.chunks_exact(2 * width).zip(grads.chunks_exact(width));
        for ((input, grad), out) in rows.zip(out.chunks_exact_mut(2 * width)) {
            let (gate, up) = input.split_at(width);
            let (gate_grad, up_grad) = out.split_at_mut(width);
            let inputs = gate.iter().zip(up).zip(grad);
            for ((dg, du), ((g, u), dy)) in gate_grad.iter_mut().zip(up_grad).zip(inputs) {
                let s = sigmoid(*g);
                *dg = dy * u * s * (g * (1.0 - s) + 1.0);
                *du = dy * g * s;
            }
        }
    });
    inputs_grad
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
