//! The kernels in plain tensor operations, for any backend; what the fused ones
//! are tested against.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor, TensorData, activation};

use crate::kernels::{Choice, Partial, Slope, indices};

pub(super) fn rms_norm<B: Backend>(
    x: Tensor<B, 2>,
    weight: Tensor<B, 1>,
    epsilon: f32,
) -> Tensor<B, 2> {
    let mean_square = x.clone().powi_scalar(2).mean_dim(1);
    x / mean_square.add_scalar(epsilon).sqrt() * weight.unsqueeze()
}

pub(super) fn swiglu<B: Backend>(gate_up: Tensor<B, 2>) -> Tensor<B, 2> {
    let [_, columns] = gate_up.dims();
    let gate = gate_up.clone().narrow(1, 0, columns / 2);
    let up = gate_up.narrow(1, columns / 2, columns / 2);
    activation::silu(gate) * up
}

/// What a block of logits holds of each choice's softmax: what is outside its set is
/// masked.
pub(super) fn partial<B: Backend>(
    logits: Tensor<B, 2>,
    choices: &[Choice],
    words: Range<usize>,
    temperature: f32,
) -> Partial<B> {
    let count = [choices.len()];
    let outside = outside::<B>(choices, &words, &logits.device());
    let masked = |x: Tensor<B, 2>, value: f32| match &outside {
        Some(outside) => x.mask_fill(outside.clone(), value),
        None => x,
    };
    let not_chosen = not_chosen::<B>(choices, &words, &logits.device());
    let chosen = logits.clone().mask_fill(not_chosen, 0.0).sum_dim(1);
    let tops = masked(logits.clone(), f32::MIN).max_dim(1);
    let relative = (logits.clone() - tops.clone()).div_scalar(temperature);
    let exponentials = masked(relative.exp(), 0.0);
    Partial {
        tops: tops.reshape(count),
        sums: exponentials.clone().sum_dim(1).reshape(count),
        weighted: (exponentials * logits).sum_dim(1).reshape(count),
        chosen: chosen.reshape(count),
    }
}

/// Gradient of a block of logits.
pub(super) fn slopes<B: Backend>(
    logits: Tensor<B, 2>,
    choices: &[Choice],
    words: Range<usize>,
    temperature: f32,
    slope: &Slope<B>,
) -> Tensor<B, 2> {
    let outside = outside::<B>(choices, &words, &logits.device());
    let not_chosen = not_chosen::<B>(choices, &words, &logits.device());
    let column = |x: &Tensor<B, 1>| x.clone().unsqueeze_dim::<2>(1);
    let shape = logits.dims();
    let relative = logits.clone().div_scalar(temperature) - column(&slope.log_sums);
    let linear = logits * column(&slope.linear) + column(&slope.constant);
    let mut slopes = relative.exp() * linear;
    if let Some(outside) = outside {
        slopes = slopes.mask_fill(outside, 0.0);
    }
    slopes
        + column(&slope.chosen)
            .expand(shape)
            .mask_fill(not_chosen, 0.0)
}

/// True where a word of the block is not in a choice's set; None where all are. Sets
/// that choices share are large, and go to the device once.
fn outside<B: Backend>(
    choices: &[Choice],
    words: &Range<usize>,
    device: &B::Device,
) -> Option<Tensor<B, 2, Bool>> {
    choices.iter().find(|choice| choice.among.is_some())?;
    let width = words.len();
    let mut rows: HashMap<Option<*const u32>, usize> = HashMap::new();
    let mut outside: Vec<bool> = Vec::new();
    let row = choices.iter().map(|choice| {
        let set = choice.among.as_ref().map(|set| set.as_ptr());
        *rows.entry(set).or_insert_with(|| {
            let start = outside.len();
            let inside = choice.inside(words);
            outside.resize(start + width, inside.is_some());
            for token in inside.unwrap_or_default() {
                outside[start + *token as usize - words.start] = false;
            }
            start / width
        })
    });
    let row = indices::<B>(row.collect::<Vec<_>>().into_iter(), device);
    let data = TensorData::new(outside, [rows.len(), width]);
    Some(Tensor::from_data(data, device).select(0, row))
}

/// True where a word of the block was not chosen.
fn not_chosen<B: Backend>(
    choices: &[Choice],
    words: &Range<usize>,
    device: &B::Device,
) -> Tensor<B, 2, Bool> {
    let shape = [choices.len(), words.len()];
    let chosen = indices::<B>(choices.iter().map(|choice| choice.token as usize), device);
    let all = Tensor::<B, 1, Int>::arange(words.start as i64..words.end as i64, device);
    let chosen = chosen.unsqueeze_dim::<2>(1).expand(shape);
    all.unsqueeze_dim::<2>(0).expand(shape).not_equal(chosen)
}
