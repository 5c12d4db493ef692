//! The fused kernels with their gradients, on the CPU.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::tensor::{Int, Tensor};
use burn_flex::{Flex, FlexTensor};

use crate::kernels::attention::{FusedAttention, KeyRows, SavedForward, chunked};
use crate::kernels::cpu::rotated;
use crate::kernels::custom_op::{
    CustomBackward, custom_op, from_primitive, primitive, tracked_primitive,
};
use crate::kernels::flex_tensors::{as_slice, flex_tensor};
use crate::kernels::primitives::Primitives;
use crate::kernels::{
    Activation, AttentionMetadata, AttentionPlan, Choice, Kernels, Precision, gate, lm_head,
    rms_norm,
};

type Tracked = Autodiff<Flex>;

impl Primitives for Tracked {
    fn product(
        left: Tensor<Self, 2>,
        right: Tensor<Self, 2>,
        precision: Precision,
    ) -> Tensor<Self, 2> {
        let (left, right) = (tracked_primitive(left), tracked_primitive(right));
        let saved = Product {
            left: from_primitive(left.primitive.clone()),
            right: from_primitive(right.primitive.clone()),
            precision,
        };
        let product = Flex::product(saved.left.clone(), saved.right.clone(), precision);
        custom_op([left, right], saved, primitive(product))
    }
}

impl Kernels for Tracked {
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        let shape = x.dims();
        let (x, weight) = (tracked_primitive(x), tracked_primitive(weight));
        let saved = RmsNorm {
            x: x.primitive.to_contiguous(),
            weight: weight.primitive.to_contiguous(),
            epsilon,
        };
        let y = rms_norm::forward(as_slice(&saved.x), as_slice(&saved.weight), epsilon);
        custom_op([x, weight], saved, flex_tensor(y, shape))
    }

    fn gate(activation: Activation, gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        let [tokens, columns] = gate_up.dims();
        let gate_up = tracked_primitive(gate_up);
        let saved = Gate {
            activation,
            gate_up: gate_up.primitive.to_contiguous(),
            width: columns / 2,
        };
        let y = gate::forward(activation, as_slice(&saved.gate_up), saved.width);
        custom_op([gate_up], saved, flex_tensor(y, [tokens, columns / 2]))
    }

    fn attend(qkv: Tensor<Self, 2>, plan: &AttentionPlan<Self>) -> Tensor<Self, 2> {
        let metadata = &plan.metadata;
        let Some(fused) = FusedAttention::of(metadata) else {
            return chunked::attend_autodiff(qkv, plan);
        };
        let shape = [qkv.dims()[0], metadata.heads.queries * metadata.heads.width];
        let qkv = tracked_primitive(qkv);
        let rotated = rotated(&qkv.primitive.to_contiguous(), metadata);
        let attended = (fused.forward)(
            metadata,
            &rotated,
            KeyRows::in_qkv(&rotated, metadata.heads),
        );
        let means = flex_tensor(attended.means, shape);
        let saved = Attention {
            fused,
            metadata: metadata.clone(),
            rotated: flex_tensor(rotated, [shape[0], metadata.heads.columns()]),
            means: means.clone(),
            log_sums: flex_tensor(attended.log_sums, [shape[0], metadata.heads.queries]),
        };
        custom_op([qkv], saved, means)
    }

    fn embed(embedding: Tensor<Self, 2>, tokens: Tensor<Self, 1, Int>) -> Tensor<Self, 2> {
        let [vocabulary, _] = embedding.dims();
        let (embedding, tokens) = (tracked_primitive(embedding), tokens.inner());
        let rows = from_primitive::<Flex, 2>(embedding.primitive.clone()).select(0, tokens.clone());
        let saved = Embedding { tokens, vocabulary };
        custom_op([embedding], saved, primitive(rows))
    }

    fn score_choices(
        hidden: Tensor<Self, 2>,
        lm_head_weight: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::score_choices_autodiff(hidden, lm_head_weight, choices, temperature, precision)
    }
}

#[derive(Clone, Debug)]
struct Product {
    left: Tensor<Flex, 2>,
    right: Tensor<Flex, 2>,
    precision: Precision,
}

impl CustomBackward<Flex, 2> for Product {
    fn gradients(self, grad: FlexTensor, wanted: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let grad: Tensor<Flex, 2> = from_primitive(grad);
        let product = |left, right| primitive(Flex::product(left, right, self.precision));
        [
            wanted[0].then(|| product(grad.clone(), self.right.transpose())),
            wanted[1].then(|| product(self.left.transpose(), grad.clone())),
        ]
    }
}

#[derive(Clone, Debug)]
struct RmsNorm {
    x: FlexTensor,
    weight: FlexTensor,
    epsilon: f32,
}

impl CustomBackward<Flex, 2> for RmsNorm {
    fn gradients(self, grad: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let grad = grad.to_contiguous();
        let (x, weight) = (as_slice(&self.x), as_slice(&self.weight));
        let (dx, dw) = rms_norm::backward(x, weight, self.epsilon, as_slice(&grad));
        let width = dw.len();
        let rows = dx.len() / width;
        [
            Some(flex_tensor(dx, [rows, width])),
            Some(flex_tensor(dw, [width])),
        ]
    }
}

#[derive(Clone, Debug)]
struct Gate {
    activation: Activation,
    gate_up: FlexTensor,
    width: usize,
}

impl CustomBackward<Flex, 1> for Gate {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad = grad.to_contiguous();
        let gate_up = as_slice(&self.gate_up);
        let inputs = gate::backward(self.activation, gate_up, self.width, as_slice(&grad));
        let rows = as_slice(&grad).len() / self.width;
        [Some(flex_tensor(inputs, [rows, 2 * self.width]))]
    }
}

#[derive(Clone, Debug)]
struct Attention {
    fused: FusedAttention,
    metadata: Arc<AttentionMetadata>,
    rotated: FlexTensor,
    means: FlexTensor,
    log_sums: FlexTensor,
}

impl CustomBackward<Flex, 1> for Attention {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad = grad.to_contiguous();
        let AttentionMetadata {
            layout,
            heads,
            rope,
            ..
        } = &*self.metadata;
        let saved = SavedForward {
            rotated: as_slice(&self.rotated),
            means: as_slice(&self.means),
            log_sums: as_slice(&self.log_sums),
        };
        let mut rows = (self.fused.backward)(&self.metadata, saved, as_slice(&grad));
        rope.rotate_rows(&mut rows, &layout.positions, *heads, true);
        let shape = [layout.tokens.len(), heads.columns()];
        [Some(flex_tensor(rows, shape))]
    }
}

#[derive(Clone, Debug)]
struct Embedding {
    tokens: Tensor<Flex, 1, Int>,
    vocabulary: usize,
}

impl CustomBackward<Flex, 1> for Embedding {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad: Tensor<Flex, 2> = from_primitive(grad);
        let shape = [self.vocabulary, grad.dims()[1]];
        let none = Tensor::zeros(shape, &grad.device());
        [Some(primitive(Flex::add_rows(none, self.tokens, grad)))]
    }
}
