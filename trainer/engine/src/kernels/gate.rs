//! Fused gated linear units: y = activation(gate) up, of rows `[gate | up]`.
//!
//! Both activations are x σ(s(x)) with the logistic function σ: in SiLU, s(x) = x; in the
//! approximation of GELU, s(x) = 2 √(2/π) (x + 0.044715 x³).

use crate::kernels::Activation;
use crate::kernels::simd::{exp, for_each_chunk};
use crate::kernels::zeros::zeros;

/// The number of rows in a parallel chunk.
const ROWS: usize = 32;

/// 2 √(2/π).
const TWICE_ROOT: f32 = 1.595_769;
const CUBIC: f32 = 0.044_715;

/// Computes rows of `width` from rows of `2 * width`.
pub(super) fn forward(activation: Activation, gate_up: &[f32], width: usize) -> Vec<f32> {
    match activation {
        Activation::Silu => forward_of(gate_up, width, silu),
        Activation::GeluTanh => forward_of(gate_up, width, gelu),
    }
}

/// Computes the gradient of `gate_up`, given the gradient of the output.
pub(super) fn backward(
    activation: Activation,
    gate_up: &[f32],
    width: usize,
    grad: &[f32],
) -> Vec<f32> {
    match activation {
        Activation::Silu => backward_of(gate_up, width, grad, silu),
        Activation::GeluTanh => backward_of(gate_up, width, grad, gelu),
    }
}

/// Returns s(x) and its derivative.
#[inline(always)]
fn silu(x: f32) -> (f32, f32) {
    (x, 1.0)
}

#[inline(always)]
fn gelu(x: f32) -> (f32, f32) {
    let square = CUBIC * x * x;
    let s = TWICE_ROOT * x * (1.0 + square);
    (s, TWICE_ROOT * (1.0 + 3.0 * square))
}

#[inline(always)]
fn forward_of(
    gate_up: &[f32],
    width: usize,
    s: impl Fn(f32) -> (f32, f32) + Copy + Sync,
) -> Vec<f32> {
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
                    *y = g * sigmoid(s(*g).0) * u;
                }
            }
        },
    );
    y
}

#[inline(always)]
#[allow(
    clippy::needless_range_loop,
    reason = "a zip of five is not turned into vector instructions"
)]
fn backward_of(
    gate_up: &[f32],
    width: usize,
    grad: &[f32],
    s: impl Fn(f32) -> (f32, f32) + Copy + Sync,
) -> Vec<f32> {
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
                    let (logit, slope) = s(gate[i]);
                    let share = sigmoid(logit);
                    up_grad[i] = grad[i] * gate[i] * share;
                    gate_grad[i] =
                        grad[i] * up[i] * share * (gate[i] * (1.0 - share) * slope + 1.0);
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
