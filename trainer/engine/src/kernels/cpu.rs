//! The fused kernels without gradients, on the CPU.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{FloatDType, Int, Tensor};
use burn_flex::{Flex, FlexTensor};
use half::bf16;
use rayon::prelude::*;

use crate::kernels::attention::{FusedAttention, KeyRows, chunked};
use crate::kernels::awake::keep_awake;
#[cfg(target_arch = "x86_64")]
use crate::kernels::bfloat16::{Instructions, Packed, Split};
use crate::kernels::flex_tensors::{as_slice, contiguous, from_primitive, tensor};
use crate::kernels::primitives::Primitives;
use crate::kernels::right_factor::{self, RightFactor};
use crate::kernels::softmax_block::{SoftmaxBlock, SoftmaxGradient};
use crate::kernels::{
    Activation, AdamWState, AdamWStep, AttentionMetadata, AttentionPlan, Choice, Kernels,
    Precision, gate, masked_softmax, rms_norm,
};

/// The minimum number of rows from which on a product in 32 bits is faster in parts.
#[cfg(target_arch = "x86_64")]
const SPLIT_ROWS: usize = 64;

impl Kernels for Flex {
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        let shape = x.dims();
        let (x, weight) = (contiguous(x), contiguous(weight));
        tensor(
            rms_norm::forward(as_slice(&x), as_slice(&weight), epsilon),
            shape,
        )
    }

    fn gate(activation: Activation, gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        let [tokens, columns] = gate_up.dims();
        let gate_up = contiguous(gate_up);
        let y = gate::forward(activation, as_slice(&gate_up), columns / 2);
        tensor(y, [tokens, columns / 2])
    }

    fn attend(qkv: Tensor<Self, 2>, plan: &AttentionPlan<Self>) -> Tensor<Self, 2> {
        let metadata = &plan.metadata;
        let Some(fused) = FusedAttention::of(metadata) else {
            return chunked::attend(qkv, plan);
        };
        let shape = [qkv.dims()[0], metadata.heads.queries * metadata.heads.width];
        let rotated = rotated(&contiguous(qkv), metadata);
        let attended = (fused.forward)(
            metadata,
            &rotated,
            KeyRows::in_qkv(&rotated, metadata.heads),
        );
        tensor(attended.means, shape)
    }

    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &AttentionPlan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        let metadata = &plan.metadata;
        let heads = metadata.heads;
        let Some(fused) = FusedAttention::of(metadata) else {
            return chunked::attend_cached(qkv, cache, plan);
        };
        let shape = [qkv.dims()[0], heads.queries * heads.width];
        let rotated = rotated(&contiguous(qkv), metadata);
        let width = heads.keys * heads.width;
        let mut cache = contiguous(cache);
        // In place, because the caller holds no other handle on the cache.
        let slots = cache.storage_mut::<f32>();
        let rows = rotated.chunks_exact(heads.columns());
        for (row, slot) in rows.zip(&metadata.layout.slots) {
            slots[slot * 2 * width..][..2 * width]
                .copy_from_slice(&row[heads.queries * heads.width..]);
        }
        let keys = KeyRows {
            data: as_slice(&cache),
            columns: 2 * width,
            keys: 0,
            values: width,
        };
        let attended = (fused.forward)(metadata, &rotated, keys);
        (tensor(attended.means, shape), from_primitive(cache))
    }

    fn run_pass<R: Send>(pass: impl FnOnce() -> R + Send) -> R {
        keep_awake(pass)
    }

    fn right_factor(matrix: Tensor<Self, 2>, precision: Precision) -> Arc<dyn RightFactor<Self>> {
        #[cfg(target_arch = "x86_64")]
        if precision == Precision::BFloat16
            && let Some(instructions) = Instructions::available().next()
        {
            return Arc::new(Packed::new(instructions, matrix));
        }
        right_factor::rounded(matrix, precision)
    }
}

impl Primitives for Flex {
    fn product(
        left: Tensor<Self, 2>,
        right: Tensor<Self, 2>,
        precision: Precision,
    ) -> Tensor<Self, 2> {
        #[cfg(target_arch = "x86_64")]
        if let Some(instructions) = Instructions::available().next() {
            let few = left.dims()[0] < SPLIT_ROWS;
            match (precision, instructions) {
                (Precision::Float32, Instructions::Amx) if !few => {
                    return instructions.product_of_tensors(left, right, Split::Three);
                }
                (Precision::Float32, _) => {}
                (Precision::BFloat16, _) => {
                    return instructions.product_of_tensors(left, right, Split::Nearest);
                }
            }
        }
        let [left, right] = match precision {
            Precision::Float32 => [left, right],
            Precision::BFloat16 => {
                [left, right].map(|factor| factor.cast(FloatDType::BF16).cast(FloatDType::F32))
            }
        };
        left.matmul(right)
    }

    fn softmax_block(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        block: Range<usize>,
        temperature: f32,
    ) -> SoftmaxBlock<Self> {
        let logits = contiguous(logits);
        let of = |vector: Vec<f32>| tensor(vector, [choices.len()]);
        let seen = masked_softmax::forward(as_slice(&logits), choices, block, temperature);
        SoftmaxBlock {
            maxima: of(seen.maxima),
            sums: of(seen.sums),
            weighted_sums: of(seen.weighted_sums),
            chosen: of(seen.chosen),
        }
    }

    fn logit_gradients(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        block: Range<usize>,
        temperature: f32,
        gradient: &SoftmaxGradient<Self>,
    ) -> Tensor<Self, 2> {
        let shape = logits.dims();
        let logits = contiguous(logits);
        let [log_sums, constant, linear, chosen] = [
            &gradient.log_sums,
            &gradient.constant,
            &gradient.linear,
            &gradient.chosen,
        ]
        .map(|vector| contiguous(vector.clone()));
        let terms = masked_softmax::GradientTerms {
            log_sums: as_slice(&log_sums),
            constant: as_slice(&constant),
            linear: as_slice(&linear),
            chosen: as_slice(&chosen),
        };
        let gradients =
            masked_softmax::backward(as_slice(&logits), choices, block, temperature, terms);
        tensor(gradients, shape)
    }

    fn adamw(
        state: AdamWState<Self>,
        gradient: Tensor<Self, 1>,
        step: AdamWStep,
    ) -> AdamWState<Self> {
        let AdamWState {
            weights,
            mean,
            square,
        } = state;
        let [mut weights, mut mean, mut square] = [weights, mean, square].map(contiguous);
        let gradient = contiguous(gradient);
        // In place where nobody else holds the tensor.
        step.take_in_place(
            weights.storage_mut::<f32>(),
            mean.storage_mut::<f32>(),
            square.storage_mut::<f32>(),
            as_slice(&gradient),
        );
        AdamWState {
            weights: from_primitive(weights),
            mean: from_primitive(mean),
            square: from_primitive(square),
        }
    }

    fn add_rows(
        sum: Tensor<Self, 2>,
        at: Tensor<Self, 1, Int>,
        rows: Tensor<Self, 2>,
    ) -> Tensor<Self, 2> {
        let [_, width] = sum.dims();
        let (mut sum, rows) = (contiguous(sum), contiguous(rows));
        // In place, because the caller holds no other handle on the sum.
        let sums = sum.storage_mut::<f32>();
        let at = at.into_data().iter::<i64>().collect::<Vec<_>>();
        for (at, row) in at.iter().zip(as_slice(&rows).chunks_exact(width)) {
            for (sum, value) in sums[*at as usize * width..][..width].iter_mut().zip(row) {
                *sum += value;
            }
        }
        from_primitive(sum)
    }
}

/// Returns the rows of queries, keys and values after rotation, in the precision of products.
pub(super) fn rotated(qkv: &FlexTensor, metadata: &AttentionMetadata) -> Vec<f32> {
    let mut rows = as_slice(qkv).to_vec();
    let positions = &metadata.layout.positions;
    metadata
        .rope
        .rotate_rows(&mut rows, positions, metadata.heads, false);
    if metadata.precision == Precision::BFloat16 {
        // Rounded here, so that few queries see the same numbers as many.
        rows.par_chunks_mut(1 << 14).for_each(|rows| {
            for value in rows {
                *value = bf16::from_f32(*value).to_f32();
            }
        });
    }
    rows
}
