//! Steps of the graph whose gradients are written out.

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

/// An operation on the way back: what it remembers is its own fields.
pub(super) trait Known<B: Backend, const N: usize>: Clone + Send + Debug + 'static {
    /// Gradients of those inputs that want one, given that of the output.
    fn gradients(self, grad: FloatTensor<B>, wanted: [bool; N]) -> [Option<FloatTensor<B>>; N];
}

/// The step that asks a [`Known`] for its gradients.
#[derive(Debug)]
struct Step<K>(PhantomData<fn() -> K>);

impl<B: Backend, K: Known<B, N>, const N: usize> Backward<B, N> for Step<K> {
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

/// A tensor's values and its node.
pub(super) fn tracked<B: Backend, const D: usize>(
    tensor: Tensor<Autodiff<B>, D>,
) -> FloatTensor<Autodiff<B>> {
    tensor.into_primitive().tensor()
}

/// `output` as a node of the graph over `inputs`.
pub(super) fn differentiable<B: Backend, K: Known<B, N>, const N: usize, const D: usize>(
    inputs: [FloatTensor<Autodiff<B>>; N],
    known: K,
    output: FloatTensor<B>,
) -> Tensor<Autodiff<B>, D> {
    let step = Step::<K>(PhantomData);
    let nodes = inputs.map(|input| input.node);
    let output = match Backward::<B, N>::prepare::<NoCheckpointing>(step, nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prep) => prep.finish(known, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    };
    Tensor::from_primitive(TensorPrimitive::Float(output))
}

/// The values of a tensor as the graph hands them around.
pub(super) fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}

/// The tensor of such values.
pub(super) fn whole<B: Backend, const D: usize>(values: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(values))
}
