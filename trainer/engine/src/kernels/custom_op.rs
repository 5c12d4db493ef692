//! Autodiff operations with hand-written gradients.

use std::fmt::Debug;
use std::marker::PhantomData;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Tensor, TensorPrimitive};

/// An operation with a hand-written backward pass. The fields are the tensors saved for it.
pub(super) trait CustomBackward<B: Backend, const N: usize>:
    Clone + Send + Debug + 'static
{
    /// Returns the gradients of the `wanted` inputs, given the gradient of the output.
    fn gradients(self, grad: FloatTensor<B>, wanted: [bool; N]) -> [Option<FloatTensor<B>>; N];
}

/// The autodiff node that calls [`CustomBackward::gradients`].
#[derive(Debug)]
struct Step<K>(PhantomData<fn() -> K>);

impl<B: Backend, K: CustomBackward<B, N>, const N: usize> Backward<B, N> for Step<K> {
    type State = K;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = ops.state.gradients(grad, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

/// Returns the primitive of a tensor with gradients.
pub(super) fn tracked_primitive<B: Backend, const D: usize>(
    tensor: Tensor<Autodiff<B>, D>,
) -> FloatTensor<Autodiff<B>> {
    tensor.into_primitive().tensor()
}

/// Registers `output` as a node of the autodiff graph over `inputs`.
pub(super) fn custom_op<B: Backend, K: CustomBackward<B, N>, const N: usize, const D: usize>(
    inputs: [FloatTensor<Autodiff<B>>; N],
    saved: K,
    output: FloatTensor<B>,
) -> Tensor<Autodiff<B>, D> {
    let step = Step::<K>(PhantomData);
    let nodes = inputs.map(|input| input.node);
    let output = match Backward::<B, N>::prepare::<NoCheckpointing>(step, nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prep) => prep.finish(saved, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    };
    Tensor::from_primitive(TensorPrimitive::Float(output))
}

/// Returns the primitive of a tensor.
pub(super) fn primitive<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}

/// Returns the tensor of a primitive.
pub(super) fn from_primitive<B: Backend, const D: usize>(
    primitive: FloatTensor<B>,
) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}
