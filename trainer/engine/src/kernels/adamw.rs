//! An AdamW update of one parameter, fused on the CPU.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use rayon::prelude::*;

use crate::kernels::simd::vectorized;

/// The factors of an AdamW step (Loshchilov and Hutter, <https://arxiv.org/abs/1711.05101>).
#[derive(Clone, Copy, Debug)]
pub struct AdamWStep {
    /// The factor of the gradient, which clips it.
    pub clip: f32,
    /// The decay of the first moment and of the second.
    pub betas: [f64; 2],
    /// The bias correction of each moment: 1 - beta^steps.
    pub corrections: [f64; 2],
    /// The learning rate.
    pub learning_rate: f64,
    /// The factor of the weights: 1 - learning rate * weight decay.
    pub decay: f64,
    /// The addend of the denominator.
    pub epsilon: f64,
}

/// A parameter and its moments, all flat.
#[derive(Clone, Debug)]
pub struct AdamWState<B: Backend> {
    /// The weights.
    pub weights: Tensor<B, 1>,
    /// The running mean of the gradient.
    pub mean: Tensor<B, 1>,
    /// The running mean of the gradient's square.
    pub square: Tensor<B, 1>,
}

impl AdamWStep {
    /// Returns the state after the step, by plain tensor operations.
    pub(super) fn take<B: Backend>(
        self,
        state: AdamWState<B>,
        gradient: Tensor<B, 1>,
    ) -> AdamWState<B> {
        let gradient = gradient.mul_scalar(self.clip);
        let square = gradient.clone() * gradient.clone();
        let [beta_1, beta_2] = self.betas;
        let mean = state.mean.mul_scalar(beta_1) + gradient.mul_scalar(1.0 - beta_1);
        let square = state.square.mul_scalar(beta_2) + square.mul_scalar(1.0 - beta_2);
        let root = square.clone().div_scalar(self.corrections[1]).sqrt();
        let step = mean
            .clone()
            .mul_scalar(self.learning_rate / self.corrections[0])
            / root.add_scalar(self.epsilon);
        AdamWState {
            weights: state.weights.mul_scalar(self.decay) - step,
            mean,
            square,
        }
    }

    /// Takes the step in place.
    pub(super) fn take_in_place(
        self,
        weights: &mut [f32],
        mean: &mut [f32],
        square: &mut [f32],
        gradient: &[f32],
    ) {
        /// The number of elements of a task.
        const TASK: usize = 1 << 14;
        let [beta_1, beta_2] = self.betas.map(|beta| beta as f32);
        let [new_1, new_2] = self.betas.map(|beta| (1.0 - beta) as f32);
        let rate = (self.learning_rate / self.corrections[0]) as f32;
        let correction = self.corrections[1] as f32;
        let (decay, epsilon) = (self.decay as f32, self.epsilon as f32);
        let weights = weights.par_chunks_mut(TASK);
        let moments = mean.par_chunks_mut(TASK).zip(square.par_chunks_mut(TASK));
        let all = weights.zip(moments).zip(gradient.par_chunks(TASK));
        all.for_each(|((weights, (mean, square)), gradient)| {
            vectorized(
                #[inline(always)]
                || {
                    let moments = mean.iter_mut().zip(square);
                    let all = weights.iter_mut().zip(moments).zip(gradient);
                    for ((weight, (mean, square)), gradient) in all {
                        let gradient = gradient * self.clip;
                        *mean = *mean * beta_1 + gradient * new_1;
                        *square = *square * beta_2 + gradient * gradient * new_2;
                        let root = (*square / correction).sqrt() + epsilon;
                        *weight = *weight * decay - *mean * rate / root;
                    }
                },
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use burn_flex::Flex;

    use super::*;
    use crate::kernels::{Primitives, floats};

    #[test]
    fn the_fused_step_is_the_step_of_tensor_operations() {
        let of = |salt: usize, least: f32| -> Tensor<Flex, 1> {
            let values = (0..40_000usize).map(|at| (at * 7_919 + salt) % 2_003);
            let values: Vec<f32> = values.map(|n| n as f32 / 1_001.0 + least).collect();
            Tensor::from_data(TensorData::new(values, [40_000]), &Default::default())
        };
        let state = AdamWState {
            weights: of(1, -1.0),
            mean: of(2, -1.0),
            square: of(3, 0.0),
        };
        let step = AdamWStep {
            clip: 0.3,
            betas: [0.9, 0.999],
            corrections: [0.271, 0.003],
            learning_rate: 1e-2,
            decay: 0.9999,
            epsilon: 1e-8,
        };
        let plain = step.take(state.clone(), of(4, -1.0));
        let fused = Flex::adamw(state, of(4, -1.0), step);
        for (plain, fused) in [
            (plain.weights, fused.weights),
            (plain.mean, fused.mean),
            (plain.square, fused.square),
        ] {
            for (plain, fused) in floats(plain).into_iter().zip(floats(fused)) {
                assert!(
                    (plain - fused).abs() <= 1e-6 * (1.0 + plain.abs()),
                    "{plain} and {fused}"
                );
            }
        }
    }
}
