//! The kernels on the CPU backend, without gradients.

use std::ops::Range;

use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};

use crate::kernels::attention::{KeyRows, Loops, chunked};
use crate::kernels::primitives::Primitives;
use crate::kernels::softmax_block::{Partial, Slope};
use crate::kernels::{Choice, Kernels, Plan, Sight, masked_softmax, rms_norm, swiglu};

impl Kernels for Flex {
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        let shape = x.dims();
        let (x, weight) = (dense(x), dense(weight));
        wrap(
            rms_norm::forward(floats(&x), floats(&weight), epsilon),
            shape,
        )
    }

    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        let [tokens, columns] = gate_up.dims();
        let gate_up = dense(gate_up);
        let y = swiglu::forward(floats(&gate_up), columns / 2);
        wrap(y, [tokens, columns / 2])
    }

    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        let sight = &plan.sight;
        let Some(loops) = Loops::of(sight.heads.width) else {
            return chunked::attend(qkv, plan);
        };
        let shape = [qkv.dims()[0], sight.heads.queries * sight.heads.width];
        let rotated = rotated(&dense(qkv), sight);
        let attended = (loops.forward)(sight, &rotated, KeyRows::in_qkv(&rotated, sight.heads));
        wrap(attended.means, shape)
    }

    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &Plan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        let sight = &plan.sight;
        let heads = sight.heads;
        let Some(loops) = Loops::of(heads.width) else {
            return chunked::attend_cached(qkv, cache, plan);
        };
        let shape = [qkv.dims()[0], heads.queries * heads.width];
        let rotated = rotated(&dense(qkv), sight);
        let width = heads.keys * heads.width;
        let mut cache = dense(cache);
        // In place: the caller holds no other handle on the cache.
        let slots = cache.storage_mut::<f32>();
        let rows = rotated.chunks_exact(heads.columns());
        for (row, slot) in rows.zip(&sight.layout.slots) {
            slots[slot * 2 * width..][..2 * width]
                .copy_from_slice(&row[heads.queries * heads.width..]);
        }
        let keys = KeyRows {
            data: floats(&cache),
            columns: 2 * width,
            keys: 0,
            values: width,
        };
        let attended = (loops.forward)(sight, &rotated, keys);
        (wrap(attended.means, shape), whole(cache))
    }
}

impl Primitives for Flex {
    fn partial(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
    ) -> Partial<Self> {
        let logits = dense(logits);
        let of = |vector: Vec<f32>| wrap(vector, [choices.len()]);
        let seen = masked_softmax::forward(floats(&logits), choices, words, temperature);
        Partial {
            tops: of(seen.tops),
            sums: of(seen.sums),
            weighted: of(seen.weighted),
            chosen: of(seen.chosen),
        }
    }

    fn slopes(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
        slope: &Slope<Self>,
    ) -> Tensor<Self, 2> {
        let shape = logits.dims();
        let logits = dense(logits);
        let [log_sums, constant, linear, chosen] = [
            &slope.log_sums,
            &slope.constant,
            &slope.linear,
            &slope.chosen,
        ]
        .map(|vector| dense(vector.clone()));
        let known = masked_softmax::Known {
            log_sums: floats(&log_sums),
            constant: floats(&constant),
            linear: floats(&linear),
            chosen: floats(&chosen),
        };
        let slopes = masked_softmax::backward(floats(&logits), choices, words, temperature, known);
        wrap(slopes, shape)
    }

    fn add_rows(
        sum: Tensor<Self, 2>,
        at: Tensor<Self, 1, Int>,
        rows: Tensor<Self, 2>,
    ) -> Tensor<Self, 2> {
        let [_, width] = sum.dims();
        let (mut sum, rows) = (dense(sum), dense(rows));
        // In place: the caller holds no other handle on the sum.
        let sums = sum.storage_mut::<f32>();
        let at = at.into_data().iter::<i64>().collect::<Vec<_>>();
        for (at, row) in at.iter().zip(floats(&rows).chunks_exact(width)) {
            for (sum, value) in sums[*at as usize * width..][..width].iter_mut().zip(row) {
                *sum += value;
            }
        }
        whole(sum)
    }
}

/// The rows of queries, keys and values, turned by their positions.
pub(super) fn rotated(qkv: &FlexTensor, sight: &Sight) -> Vec<f32> {
    let mut rows = floats(qkv).to_vec();
    let positions = &sight.layout.positions;
    sight
        .rope
        .turn_rows(&mut rows, positions, sight.heads, false);
    rows
}

/// The tensor's storage, row after row.
fn dense<const D: usize>(tensor: Tensor<Flex, D>) -> FlexTensor {
    tensor.into_primitive().tensor().to_contiguous()
}

/// The elements of a dense tensor of 32-bit floats.
pub(super) fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

/// A storage of the given shape.
pub(super) fn primitive<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

fn wrap<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<Flex, D> {
    whole(primitive(values, shape))
}

fn whole<const D: usize>(tensor: FlexTensor) -> Tensor<Flex, D> {
    Tensor::from_primitive(TensorPrimitive::Float(tensor))
}
