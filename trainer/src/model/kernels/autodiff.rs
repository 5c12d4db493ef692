//! The fused kernels with their gradients, on the CPU backend.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Tensor, TensorPrimitive};
use burn_flex::{Flex, FlexTensor};

use super::attention::{Loops, Remembered};
use super::flex::{floats, primitive, rotated};
use super::{Choice, Kernels, Plan, Sight, choice, composed, gate, norm};

type Tracked = Autodiff<Flex>;

impl Kernels for Tracked {
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        let shape = x.dims();
        let (x, weight) = (tracked(x), tracked(weight));
        let known = RmsNorm {
            x: x.primitive.to_contiguous(),
            weight: weight.primitive.to_contiguous(),
            epsilon,
        };
        let y = norm::forward(floats(&known.x), floats(&known.weight), epsilon);
        differentiable([x, weight], known, primitive(y, shape))
    }

    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        let [tokens, columns] = gate_up.dims();
        let gate_up = tracked(gate_up);
        let known = SwiGlu {
            gate_up: gate_up.primitive.to_contiguous(),
            width: columns / 2,
        };
        let y = gate::forward(floats(&known.gate_up), known.width);
        differentiable([gate_up], known, primitive(y, [tokens, columns / 2]))
    }

    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        let sight = &plan.sight;
        let Some(loops) = Loops::of(sight.heads.width) else {
            return composed::attend(qkv, plan);
        };
        let shape = [qkv.dims()[0], sight.heads.queries * sight.heads.width];
        let qkv = tracked(qkv);
        let rotated = rotated(&qkv.primitive.to_contiguous(), sight);
        let attended = (loops.forward)(sight, &rotated, sight.heads.key_rows(&rotated));
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

    fn choose(
        logits: Tensor<Self, 2>,
        choices: Arc<[Choice]>,
        temperature: f32,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        let count = choices.len();
        let logits = tracked(logits);
        let known = LogSoftmax {
            logits: logits.primitive.to_contiguous(),
            choices,
            temperature,
        };
        let (logprobs, entropies) =
            choice::forward(floats(&known.logits), &known.choices, temperature);
        let both = primitive([logprobs, entropies].concat(), [2 * count]);
        let both: Tensor<Self, 1> = differentiable([logits], known, both);
        let part = |start: usize| both.clone().slice(start..start + count);
        (part(0), part(count))
    }
}

/// An operation on the way back: what it remembers is its own fields.
trait Known<const N: usize>: Clone + Send + std::fmt::Debug + 'static {
    /// Gradients of the inputs, given that of the output.
    fn gradients(self, grad: &[f32]) -> [FlexTensor; N];
}

#[derive(Clone, Debug)]
struct RmsNorm {
    x: FlexTensor,
    weight: FlexTensor,
    epsilon: f32,
}

impl Known<2> for RmsNorm {
    fn gradients(self, grad: &[f32]) -> [FlexTensor; 2] {
        let (x, weight) = (floats(&self.x), floats(&self.weight));
        let (dx, dw) = norm::backward(x, weight, self.epsilon, grad);
        let width = dw.len();
        let rows = dx.len() / width;
        [primitive(dx, [rows, width]), primitive(dw, [width])]
    }
}

#[derive(Clone, Debug)]
struct SwiGlu {
    gate_up: FlexTensor,
    width: usize,
}

impl Known<1> for SwiGlu {
    fn gradients(self, grad: &[f32]) -> [FlexTensor; 1] {
        let inputs = gate::backward(floats(&self.gate_up), self.width, grad);
        let rows = grad.len() / self.width;
        [primitive(inputs, [rows, 2 * self.width])]
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

impl Known<1> for Attention {
    fn gradients(self, grad: &[f32]) -> [FlexTensor; 1] {
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
        let mut rows = (self.loops.backward)(&self.sight, remembered, grad);
        rope.turn_rows(&mut rows, &layout.positions, *heads, true);
        [primitive(rows, [layout.tokens.len(), heads.columns()])]
    }
}

#[derive(Clone, Debug)]
struct LogSoftmax {
    logits: FlexTensor,
    choices: Arc<[Choice]>,
    temperature: f32,
}

impl Known<1> for LogSoftmax {
    fn gradients(self, grad: &[f32]) -> [FlexTensor; 1] {
        let logits = floats(&self.logits);
        let rows = self.choices.len();
        let (logprob_grad, entropy_grad) = grad.split_at(rows);
        let out = choice::backward(
            logits,
            &self.choices,
            self.temperature,
            logprob_grad,
            entropy_grad,
        );
        let vocabulary = logits.len() / rows;
        [primitive(out, [rows, vocabulary])]
    }
}

/// The step of the graph that asks a [`Known`] for its gradients.
#[derive(Debug)]
struct Step<K>(std::marker::PhantomData<fn() -> K>);

impl<K: Known<N>, const N: usize> Backward<Flex, N> for Step<K> {
    type State = K;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<Flex>(&ops.node).to_contiguous();
        let gradients = ops.state.gradients(floats(&grad));
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

fn tracked<const D: usize>(tensor: Tensor<Tracked, D>) -> FloatTensor<Tracked> {
    tensor.into_primitive().tensor()
}

/// `output` as a node of the graph over `inputs`.
fn differentiable<K: Known<N>, const N: usize, const D: usize>(
    inputs: [FloatTensor<Tracked>; N],
    known: K,
    output: FlexTensor,
) -> Tensor<Tracked, D> {
    let step = Step::<K>(std::marker::PhantomData);
    let nodes = inputs.map(|input| input.node);
    let output = match step
        .prepare::<NoCheckpointing>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prep) => prep.finish(known, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    };
    Tensor::from_primitive(TensorPrimitive::Float(output))
}
