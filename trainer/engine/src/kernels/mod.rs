//! The few operations that decide the backbone's speed, behind one trait.
//!
//! [`Kernels`] gives each of them in plain tensor operations (`composed.rs`,
//! `chunked.rs`), for any backend. The CPU backend replaces them by fused loops over
//! the flat tokens (`norm.rs`, `gate.rs`, `rotary.rs`, `attention/`, `choice.rs`), with
//! their gradients written out (`autodiff.rs`): on two cores most of a plain
//! decoder's time goes into small passes over memory, and padding is work too.
//!
//! Two things would grow faster than the number of tokens: the scores of attention,
//! and the logits of choices over a large vocabulary. Neither is ever there at once:
//! both are made block by block, and again on the way back (`attention/` and
//! `chunked.rs`; `head.rs`), as steps of the graph of our own (`graph.rs`).

pub(crate) mod attention;
mod autodiff;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod custom_op;
mod layout;
pub(crate) mod lm_head;
mod masked_softmax;
mod precision;
mod reference;
mod rms_norm;
mod rope;
mod simd;
mod swiglu;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

pub use self::layout::{Layout, Segment};
pub use self::lm_head::{Partial, Slope};
pub use self::precision::Precision;
pub use self::rope::Rope;

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
    chunked: OnceLock<attention::chunked::Sighted<B>>,
}

impl<B: Backend> Plan<B> {
    /// A plan for tensors on `device`.
    pub fn new(sight: Sight, device: B::Device) -> Self {
        Self {
            sight: Arc::new(sight),
            device,
            chunked: OnceLock::new(),
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

impl Choice {
    /// The part of the set that is in a block of the vocabulary; None: all of the
    /// block.
    fn inside(&self, block: &Range<usize>) -> Option<&[u32]> {
        self.among.as_ref().map(|among| {
            let before = |end: usize| among.partition_point(|token| (*token as usize) < end);
            &among[before(block.start)..before(block.end)]
        })
    }
}

/// A backend that can run the decoder. The defaults are plain tensor operations;
/// a backend with fused ones replaces them. A backend with gradients replaces
/// `attend` and `choose` at least, by `chunked::attend_tracked` and
/// `lm_head::choose_tracked`: the plain ones would keep every score and every logit.
pub trait Kernels: Backend {
    /// Root-mean-square normalisation of rows, [tokens, width], scaled by
    /// `weight`, `[width]`.
    fn rms_norm(x: Tensor<Self, 2>, weight: Tensor<Self, 1>, epsilon: f32) -> Tensor<Self, 2> {
        reference::rms_norm(x, weight, epsilon)
    }

    /// silu(gate) * up, of [tokens, gate | up] as [tokens, width].
    fn swiglu(gate_up: Tensor<Self, 2>) -> Tensor<Self, 2> {
        reference::swiglu(gate_up)
    }

    /// Rotary attention of [tokens, queries | keys | values] among the same
    /// tokens, as [tokens, query heads * head width].
    fn attend(qkv: Tensor<Self, 2>, plan: &Plan<Self>) -> Tensor<Self, 2> {
        attention::chunked::attend(qkv, plan)
    }

    /// Rotary attention to the keys and values in `cache`, [slots, keys | values],
    /// after the tokens' own are written to their slots: a token of the pass may see
    /// another segment's of the same pass. Not differentiable. Gives the cache back.
    fn attend_cached(
        qkv: Tensor<Self, 2>,
        cache: Tensor<Self, 2>,
        plan: &Plan<Self>,
    ) -> (Tensor<Self, 2>, Tensor<Self, 2>) {
        attention::chunked::attend_cached(qkv, cache, plan)
    }

    /// The rows of `words`, [vocabulary, hidden], that `tokens` name.
    fn embed(words: Tensor<Self, 2>, tokens: Tensor<Self, 1, Int>) -> Tensor<Self, 2> {
        words.select(0, tokens)
    }

    /// Log-probability of each choice, `[choices]`, and the entropy of what it was
    /// chosen from, `[choices]`, in nats. The logits are `hidden`, [choices, hidden],
    /// times `words`, [vocabulary, hidden], over `temperature`.
    fn choose(
        hidden: Tensor<Self, 2>,
        words: Tensor<Self, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> (Tensor<Self, 1>, Tensor<Self, 1>) {
        lm_head::choose(hidden, words, choices, temperature, precision)
    }

    /// What a block of logits, [choices, words], adds to the softmax of each choice.
    fn partial(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
    ) -> Partial<Self> {
        reference::partial(logits, choices, words, temperature)
    }

    /// Gradient of a block of logits, [choices, words].
    fn slopes(
        logits: Tensor<Self, 2>,
        choices: &[Choice],
        words: Range<usize>,
        temperature: f32,
        slope: &Slope<Self>,
    ) -> Tensor<Self, 2> {
        reference::slopes(logits, choices, words, temperature, slope)
    }

    /// `sum` with `rows` added to its rows `at`.
    fn add_rows(
        sum: Tensor<Self, 2>,
        at: Tensor<Self, 1, Int>,
        rows: Tensor<Self, 2>,
    ) -> Tensor<Self, 2> {
        sum.select_assign(0, at, rows, IndexingUpdateOp::Add)
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
