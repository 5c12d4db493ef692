//! The few operations that decide the backbone's speed, behind one trait.
//!
//! [`Kernels`] gives each of them in plain tensor operations (`composed.rs`),
//! for any backend. The CPU backend replaces them by fused loops over the flat
//! tokens (`norm.rs`, `gate.rs`, `rotary.rs`, `attention/`, `choice.rs`), with
//! their gradients written out (`autodiff.rs`): on two cores most of a plain
//! decoder's time goes into small passes over memory, and padding is work too.

mod attention;
mod autodiff;
mod choice;
mod composed;
mod flex;
mod gate;
mod lanes;
mod norm;
mod rotary;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData};

pub use self::rotary::Rope;
use super::layout::Layout;

/// How many heads, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; divides `queries`.
    pub keys: usize,
    /// Width of a head.
    pub width: usize,
}

impl Heads {
    /// Columns of queries, keys and values together.
    pub fn columns(&self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }

    /// The keys and values in rows of queries, keys and values.
    fn key_rows(self, rows: &[f32]) -> attention::KeyRows<'_> {
        attention::KeyRows {
            data: rows,
            columns: self.columns(),
            keys: self.queries * self.width,
            values: (self.queries + self.keys) * self.width,
        }
    }
}

/// Everything that attention needs to know of a pass but the numbers.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Who sees whom.
    pub layout: Layout,
    /// Heads.
    pub heads: Heads,
    /// Rotary tables.
    pub rope: Arc<Rope>,
}

/// A [`Sight`] with what a backend derives from it once a pass.
#[derive(Debug)]
pub struct Plan<B: Backend> {
    sight: Arc<Sight>,
    device: B::Device,
    composed: OnceLock<composed::Sighted<B>>,
}

impl<B: Backend> Plan<B> {
    /// A plan for tensors on `device`.
    pub fn new(sight: Sight, device: B::Device) -> Self {
        Self {
            sight: Arc::new(sight),
            device,
            composed: OnceLock::new(),
        }
    }

    /// Who sees whom.
    pub fn layout(&self) -> &Layout {
        &self.sight.layout
    }

    /// Where the tensors are.
    pub fn device(&self) -> &B::Device {
        &self.device
    }
}

/// One choice: which token, out of which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The chosen token.
    pub token: u32,
    /// What it was chosen from, ascending; None: the whole vocabulary.
    pub among: Option<Arc<[u32]>>,
}

/// A backend that can run the decoder. The defaults are plain tensor operations;
/// a backend with fused ones replaces them.
pub trait Kernels: Backend {
    /// Root-mean-square normalisation of rows, [tokens, width], scaled by
    /// `weight`, `[width]`.
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        composed::rms_norm(x, weight, epsilon)
    }

    /// silu(gate) * up, of [tokens, gate | up] as [tokens, width].
    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        composed::swiglu(gate_up)
    }

    /// Rotary attention of [tokens, queries | keys | values] among the same
    /// tokens, as [tokens, query heads * head width].
    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        composed::attend(qkv, plan)
    }

    /// Rotary attention to the keys and values in `cache`, [slots, keys | values],
    /// after the tokens' own are written to their slots, which must be zero
    /// before. Not differentiable. Gives the cache back.
    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &Plan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        composed::attend_cached(qkv, cache, plan)
    }

    /// Copies rows of a cache, which do not overlap with where they go.
    fn copy_slots(cache: Tensor<Self, 2>, from: Range<usize>, to: usize) -> Tensor<Self, 2> {
        let [_, width] = cache.dims();
        let rows = cache.clone().slice([from.clone(), 0..width]);
        cache.slice_assign([to..to + from.len(), 0..width], rows)
    }

    /// Makes rows of a cache ready to be written to once more.
    fn clear_slots(cache: Tensor<Self, 2>, slots: Range<usize>) -> Tensor<Self, 2> {
        let [_, width] = cache.dims();
        let rows = Tensor::zeros([slots.len(), width], &cache.device());
        cache.slice_assign([slots, 0..width], rows)
    }

    /// Log-probability of each choice, `[choices]`, and the entropy of what it was
    /// chosen from, `[choices]`, in nats; `logits` is `[choices, vocabulary]`
    /// and is divided by `temperature`.
    fn choose(
        logits: Tensor<Self, 2>,
        choices: Arc<[Choice]>,
        temperature: f32,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        composed::choose(logits, &choices, temperature)
    }
}

/// A backend that can train the decoder and, through its inner backend, run it
/// without gradients.
pub trait Trainable: Kernels + AutodiffBackend<InnerBackend: Kernels> {}

impl<B: Kernels + AutodiffBackend<InnerBackend: Kernels>> Trainable for B {}

/// A list of indices as a tensor.
pub(crate) fn indices<B: Backend>(
    values: impl Iterator<Item = usize>,
    device: &B::Device,
) -> Tensor<B, 1, Int> {
    let values: Vec<i32> = values.map(|value| value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// The elements of a tensor, row after row.
pub fn floats<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.into_vec().expect("it was converted to this type")
}

#[cfg(test)]
mod tests;
