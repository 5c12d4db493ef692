//! The kernels in plain tensor operations, for any backend. The fused kernels are tested against
//! them.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor, TensorData, activation};

use crate::kernels::{Activation, Choice, SoftmaxBlock, SoftmaxGradient, indices};

pub(super) fn rms_norm<B: Backend>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 1>,
    epsilon: f32,
) -> Tensor<B, 2> {
    let mean_square = x.clone().powi_scalar(2).mean_dim(1);
    x / mean_square.add_scalar(epsilon).sqrt() * weight.unsqueeze()
}

pub(super) fn gate<B: Backend>(activation: Activation, gate_up: Tensor<B, 2>) -> Tensor<B, 2> {
    let [_, columns] = gate_up.dims();
    let gate = gate_up.clone().narrow(1, 0, columns / 2);
    let up = gate_up.narrow(1, columns / 2, columns / 2);
    let gate = match activation {
        Activation::Silu => activation::silu(gate),
        Activation::GeluTanh => gelu_tanh(gate),
    };
    gate * up
}

fn gelu_tanh<B: Backend>(x: Tensor<B, 2>) -> Tensor<B, 2> {
    let cubic = x.clone().powi_scalar(3).mul_scalar(0.044715);
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let bent = (x.clone() + cubic).mul_scalar(root).tanh();
    x.mul_scalar(0.5) * bent.add_scalar(1.0)
}

/// Computes the softmax terms of a block of logits. Logits outside a choice's set are masked.
pub(super) fn softmax_block<B: Backend>(
    logits: Tensor<B, 2>,
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
) -> SoftmaxBlock<B> {
    let count = [choices.len()];
    let outside = outside::<B>(choices, &block, &logits.device());
    let masked = |x: Tensor<B, 2>, value: f32| match &outside {
        Some(outside) => x.mask_fill(outside.clone(), value),
        None => x,
    };
    let not_chosen = not_chosen::<B>(choices, &block, &logits.device());
    let chosen = logits.clone().mask_fill(not_chosen, 0.0).sum_dim(1);
    let maxima = masked(logits.clone(), f32::MIN).max_dim(1);
    let relative = (logits.clone() - maxima.clone()).div_scalar(temperature);
    let exp_and_sum = masked(relative.exp(), 0.0);
    SoftmaxBlock {
        maxima: maxima.reshape(count),
        sums: exp_and_sum.clone().sum_dim(1).reshape(count),
        weighted_sums: (exp_and_sum * logits).sum_dim(1).reshape(count),
        chosen: chosen.reshape(count),
    }
}

/// Computes the gradient of a block of logits.
pub(super) fn logit_gradients<B: Backend>(
    logits: Tensor<B, 2>,
    choices: &[Choice],
    block: Range<usize>,
    temperature: f32,
    gradient: &SoftmaxGradient<B>,
) -> Tensor<B, 2> {
    let outside = outside::<B>(choices, &block, &logits.device());
    let not_chosen = not_chosen::<B>(choices, &block, &logits.device());
    let column = |x: &Tensor<B, 1>| x.clone().unsqueeze_dim::<2>(1);
    let shape = logits.dims();
    let relative = logits.clone().div_scalar(temperature) - column(&gradient.log_sums);
    let linear = logits * column(&gradient.linear) + column(&gradient.constant);
    let mut gradients = relative.exp() * linear;
    if let Some(outside) = outside {
        gradients = gradients.mask_fill(outside, 0.0);
    }
    gradients
        + column(&gradient.chosen)
            .expand(shape)
            .mask_fill(not_chosen, 0.0)
}

/// Returns a mask that is true for tokens of the block outside a choice's set, or `None` if all
/// tokens are allowed. Shared sets are large and are uploaded once.
fn outside<B: Backend>(
    choices: &[Choice],
    block: &Range<usize>,
    device: &B::Device,
) -> Option<Tensor<B, 2, Bool>> {
    choices.iter().find(|choice| choice.allowed.is_some())?;
    let width = block.len();
    let mut rows: HashMap<Option<*const u32>, usize> = HashMap::new();
    let mut outside: Vec<bool> = Vec::new();
    let row = choices.iter().map(|choice| {
        let set = choice.allowed.as_ref().map(|set| set.as_ptr());
        *rows.entry(set).or_insert_with(|| {
            let start = outside.len();
            let inside = choice.inside(block);
            outside.resize(start + width, inside.is_some());
            for token in inside.unwrap_or_default() {
                outside[start + *token as usize - block.start] = false;
            }
            start / width
        })
    });
    let row = indices::<B>(row.collect::<Vec<_>>().into_iter(), device);
    let data = TensorData::new(outside, [rows.len(), width]);
    Some(Tensor::from_data(data, device).select(0, row))
}

/// Returns a mask that is true for tokens of the block that were not chosen.
fn not_chosen<B: Backend>(
    choices: &[Choice],
    block: &Range<usize>,
    device: &B::Device,
) -> Tensor<B, 2, Bool> {
    let shape = [choices.len(), block.len()];
    let chosen = indices::<B>(choices.iter().map(|choice| choice.token as usize), device);
    let all = Tensor::<B, 1, Int>::arange(block.start as i64..block.end as i64, device);
    let chosen = chosen.unsqueeze_dim::<2>(1).expand(shape);
    all.unsqueeze_dim::<2>(0).expand(shape).not_equal(chosen)
}
