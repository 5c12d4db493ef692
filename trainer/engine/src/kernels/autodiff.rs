//! The fused kernels with their gradients, on the CPU backend.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::tensor::{Int, Tensor};
use burn_flex::{Flex, FlexTensor};

use crate::kernels::attention::{KeyRows, Loops, Remembered, chunked};
use crate::kernels::cpu::{floats, primitive, rotated};
use crate::kernels::custom_op::{Known, differentiable, tracked, values, whole};
use crate::kernels::primitives::Primitives;
use crate::kernels::{Choice, Kernels, Plan, Precision, Sight, lm_head, rms_norm, swiglu};

type Tracked = Autodiff<Flex>;

impl Primitives for Tracked {}

impl Kernels for Tracked {
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        let shape = x.dims();
        let (x, weight) = (tracked(x), tracked(weight));
        let known = RmsNorm {
            x: x.primitive.to_contiguous(),
            weight: weight.primitive.to_contiguous(),
            epsilon,
        };
        let y = rms_norm::forward(floats(&known.x), floats(&known.weight), epsilon);
        differentiable([x, weight], known, primitive(y, shape))
    }

    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        let [tokens, columns] = gate_up.dims();
        let gate_up = tracked(gate_up);
        let known = SwiGlu {
            gate_up: gate_up.primitive.to_contiguous(),
            width: columns / 2,
        };
        let y = swiglu::forward(floats(&known.gate_up), known.width);
        differentiable([gate_up], known, primitive(y, [tokens, columns / 2]))
    }

    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        let sight = &plan.sight;
        let Some(loops) = Loops::of(sight.heads.width) else {
            return chunked::attend_tracked(qkv, plan);
        };
        let shape = [qkv.dims()[0], sight.heads.queries * sight.heads.width];
        let qkv = tracked(qkv);
        let rotated = rotated(&qkv.primitive.to_contiguous(), sight);
        let attended = (loops.forward)(sight, &rotated, KeyRows::in_qkv(&rotated, sight.heads));
        let means = primitive(attended.means, shape);
        let known = Attention {
            loops,
            sight: sight.clone(),
            rotated: primitive(rotated, [shape[0], sight.heads.columns()]),
            means: means.clone(),
            log_sums: primitive(attended.log_sums, [shape[0], sight.heads.queries]),
        };
        differentiable([qkv], known, means)
    }

    fn embed(words: Tensor<Self, 2>, tokens: Tensor<Self, 1, Int>) -> Tensor<Self, 2> {
        let [vocabulary, _] = words.dims();
        let (words, tokens) = (tracked(words), tokens.inner());
        let rows = whole::<Flex, 2>(words.primitive.clone()).select(0, tokens.clone());
        let known = Embedding { tokens, vocabulary };
        differentiable([words], known, values(rows))
    }

    fn choose(
        hidden: Tensor<Self, 2>,
        words: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::choose_tracked(hidden, words, choices, temperature, precision)
    }
}

#[derive(Clone, Debug)]
struct RmsNorm {
    x: FlexTensor,
    weight: FlexTensor,
    epsilon: f32,
}

impl Known<Flex, 2> for RmsNorm {
    fn gradients(self, grad: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let grad = grad.to_contiguous();
        let (x, weight) = (floats(&self.x), floats(&self.weight));
        let (dx, dw) = rms_norm::backward(x, weight, self.epsilon, floats(&grad));
        let width = dw.len();
        let rows = dx.len() / width;
        [
            Some(primitive(dx, [rows, width])),
            Some(primitive(dw, [width])),
        ]
    }
}

#[derive(Clone, Debug)]
struct SwiGlu {
    gate_up: FlexTensor,
    width: usize,
}

impl Known<Flex, 1> for SwiGlu {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad = grad.to_contiguous();
        let inputs = swiglu::backward(floats(&self.gate_up), self.width, floats(&grad));
        let rows = floats(&grad).len() / self.width;
        [Some(primitive(inputs, [rows, 2 * self.width]))]
    }
}

#[derive(Clone, Debug)]
struct Attention {
    loops: Loops,
    sight: Arc<Sight>,
    rotated: FlexTensor,
    means: FlexTensor,
    log_sums: FlexTensor,
}

impl Known<Flex, 1> for Attention {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad = grad.to_contiguous();
        let Sight {
            layout,
            heads,
            rope,
        } = &*self.sight;
        let remembered = Remembered {
            rotated: floats(&self.rotated),
            means: floats(&self.means),
            log_sums: floats(&self.log_sums),
        };
        let mut rows = (self.loops.backward)(&self.sight, remembered, floats(&grad));
        rope.turn_rows(&mut rows, &layout.positions, *heads, true);
        let shape = [layout.tokens.len(), heads.columns()];
        [Some(primitive(rows, shape))]
    }
}

#[derive(Clone, Debug)]
struct Embedding {
    tokens: Tensor<Flex, 1, Int>,
    vocabulary: usize,
}

impl Known<Flex, 1> for Embedding {
    fn gradients(self, grad: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let grad: Tensor<Flex, 2> = whole(grad);
        let shape = [self.vocabulary, grad.dims()[1]];
        let none = Tensor::zeros(shape, &grad.device());
        [Some(values(Flex::add_rows(none, self.tokens, grad)))]
    }
}
