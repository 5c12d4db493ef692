//! Fused RMSNorm: y = x r w with r = 1 / sqrt(mean(x²) + ε).

use rayon::prelude::*;

use crate::kernels::simd::{add_scaled, dot, for_each_chunk, vectorized};
use crate::kernels::zeros::zeros;

/// The number of rows in a parallel chunk. It is fixed, so that the weight's gradient is summed in
/// the same order on every machine.
const ROWS: usize = 64;

/// Normalises the rows of `x`, each as long as `weight`.
pub(super) fn forward(x: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let width = weight.len();
    let mut y = zeros(x.len());
    for_each_chunk(
        &mut y,
        ROWS * width,
        #[inline(always)]
        |index, y| {
            let x = &x[index * ROWS * width..];
            for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                let r = inverse_root(x, epsilon);
                for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                    *y = x * r * w;
                }
            }
        },
    );
    y
}

/// Computes the gradients of `x` and `weight`, given the gradient of the output.
///
/// With n = x r and h = g w: dx = r (h - n mean(h n)), dw = Σ g n over the rows.
pub(super) fn backward(
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    grad: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let width = weight.len();
    let mut dx = zeros(x.len());
    let partial: Vec<Vec<f32>> = dx
        .par_chunks_mut(ROWS * width)
        .zip(x.par_chunks(ROWS * width))
        .zip(grad.par_chunks(ROWS * width))
        .map(|((dx, x), grad)| {
            vectorized(
                #[inline(always)]
                || backward_rows(x, weight, epsilon, grad, dx),
            )
        })
        .collect();
    let mut dw = vec![0.0; width];
    for part in &partial {
        add_scaled(&mut dw, 1.0, part);
    }
    (dx, dw)
}

#[inline(always)]
fn backward_rows(
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    grad: &[f32],
    dx: &mut [f32],
) -> Vec<f32> {
    let width = weight.len();
    let mut dw = vec![0.0; width];
    let mut scaled = vec![0.0; width];
    let rows = x.chunks_exact(width).zip(grad.chunks_exact(width));
    for ((x, grad), dx) in rows.zip(dx.chunks_exact_mut(width)) {
        let r = inverse_root(x, epsilon);
        for ((h, g), w) in scaled.iter_mut().zip(grad).zip(weight) {
            *h = g * w;
        }
        let shared = dot(&scaled, x) * r * r / width as f32;
        for ((dx, h), x) in dx.iter_mut().zip(&scaled).zip(x) {
            *dx = r * (h - x * shared);
        }
        for ((dw, g), x) in dw.iter_mut().zip(grad).zip(x) {
            *dw = (x * r).mul_add(*g, *dw);
        }
    }
    dw
}

#[inline(always)]
fn inverse_root(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt()
}
