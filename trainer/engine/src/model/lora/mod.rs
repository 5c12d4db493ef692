//! LoRA adapters (Hu et al., <https://arxiv.org/abs/2106.09685>). The backbone's own weights are
//! frozen. Products of two narrow matrices are added to some of its matrices and trained.

pub mod config;
mod files;

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub use self::config::LoraConfig;
use crate::kernels::{Kernels, Trainable};
use crate::model::config::BackboneConfig;
use crate::model::parameter_names::fused_matrices;
use crate::model::rewrite::Rewrite;

/// The weights of an adapter.
#[derive(Clone, Debug)]
pub(super) struct Lora<B: Kernels> {
    pub(super) config: LoraConfig,
    /// By layer, then by [`Projection`].
    layers: Vec<[Vec<LoraPair<B>>; 4]>,
    /// The seed of the dropout masks, or `None` without dropout.
    pub(super) dropout_seed: Option<u64>,
}

/// A pair of matrices whose scaled product is added to some columns of a projection.
#[derive(Clone, Debug)]
pub(super) struct LoraPair<B: Kernels> {
    /// Hugging Face's name of the matrix, without `.weight`.
    name: String,
    columns: Range<usize>,
    /// `[inputs, rank]`.
    pub(super) a: Tensor<B, 2>,
    /// `[rank, columns]`.
    b: Tensor<B, 2>,
}

/// A projection of a layer, in the order of [`fused_matrices`].
#[derive(Clone, Copy)]
pub(super) enum Projection {
    Qkv,
    AttentionOut,
    GateUp,
    Down,
}

impl Projection {
    /// The projections of a layer.
    pub(super) const ALL: [Self; 4] = [Self::Qkv, Self::AttentionOut, Self::GateUp, Self::Down];
}

impl<B: Kernels> Lora<B> {
    /// Builds an adapter from the pairs that `pair` returns for a matrix's name, inputs and
    /// outputs.
    pub(super) fn of<E>(
        config: &LoraConfig,
        shape: &BackboneConfig,
        mut pair: impl FnMut(&str, usize, usize) -> Result<[Tensor<B, 2>; 2], E>,
    ) -> Result<Self, E> {
        let mut layers = Vec::with_capacity(shape.layers);
        for layer in 0..shape.layers {
            let mut places: [Vec<LoraPair<B>>; 4] = Default::default();
            for (projection, joined) in places.iter_mut().zip(fused_matrices(shape, layer)) {
                let targets = joined.parts.into_iter();
                for (name, columns) in targets.filter(|(name, _)| config.adapts(name)) {
                    let [a, b] = pair(&name, joined.inputs, columns.len())?;
                    projection.push(LoraPair {
                        name,
                        columns,
                        a,
                        b,
                    });
                }
            }
            layers.push(places);
        }
        Ok(Self {
            config: config.clone(),
            layers,
            dropout_seed: None,
        })
    }

    /// Disables dropout.
    pub(super) fn without_dropout(mut self) -> Self {
        self.dropout_seed = None;
        self
    }

    /// Rewrites each matrix.
    pub(super) fn rewrite(mut self, by: &mut impl Rewrite<B>) -> Self {
        for part in self.layers.iter_mut().flatten().flatten() {
            let LoraPair { name, a, b, .. } = part;
            for (matrix, letter) in [(a, 'A'), (b, 'B')] {
                *matrix = by.rewrite(&format!("{name}.lora_{letter}"), matrix.clone());
            }
        }
        self
    }

    /// Adds the adapter's output for `x`, `[tokens, inputs]`, to `y`, `[tokens, outputs]`.
    pub(super) fn add(
        &self,
        layer: usize,
        projection: Projection,
        x: Tensor<B, 2>,
        y: Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let columns = y.dims()[1];
        let added = self.delta(layer, projection, columns, |number, part| {
            let x = match self.dropout_seed {
                Some(seed) => {
                    let stream = (layer * 4 + projection as usize) * 4 + number;
                    dropout(x.clone(), self.config.dropout, seed, stream as u64)
                }
                None => x.clone(),
            };
            x.matmul(part.a.clone())
        });
        match added {
            Some(added) => y + added,
            None => y,
        }
    }

    /// Returns the adapter's addition to a projection of `columns` columns, or `None` if there is
    /// none. `narrow` returns the left factor of a pair's `b`, `[rows, rank]`.
    pub(super) fn delta(
        &self,
        layer: usize,
        projection: Projection,
        columns: usize,
        narrow: impl Fn(usize, &LoraPair<B>) -> Tensor<B, 2>,
    ) -> Option<Tensor<B, 2>> {
        let mut pieces: Vec<Tensor<B, 2>> = Vec::new();
        let mut end = 0;
        let parts = &self.layers[layer][projection as usize];
        for (number, part) in parts.iter().enumerate() {
            let narrow = narrow(number, part).mul_scalar(self.config.scale());
            let (rows, device) = (narrow.dims()[0], narrow.device());
            if end < part.columns.start {
                pieces.push(Tensor::zeros([rows, part.columns.start - end], &device));
            }
            pieces.push(narrow.matmul(part.b.clone()));
            end = part.columns.end;
        }
        let (rows, device) = pieces.last().map(|last| (last.dims()[0], last.device()))?;
        if end < columns {
            pieces.push(Tensor::zeros([rows, columns - end], &device));
        }
        match pieces.len() {
            1 => pieces.pop(),
            _ => Some(Tensor::cat(pieces, 1)),
        }
    }
}

impl<B: Trainable> Lora<B> {
    /// Returns the same adapter without gradients.
    pub(super) fn without_gradients(&self) -> Lora<B::InnerBackend> {
        let part = |part: &LoraPair<B>| LoraPair {
            name: part.name.clone(),
            columns: part.columns.clone(),
            a: part.a.clone().inner(),
            b: part.b.clone().inner(),
        };
        let places = |places: &[Vec<LoraPair<B>>; 4]| {
            places
                .each_ref()
                .map(|parts| parts.iter().map(part).collect())
        };
        Lora {
            config: self.config.clone(),
            layers: self.layers.iter().map(places).collect(),
            dropout_seed: self.dropout_seed,
        }
    }
}

/// Applies inverted dropout with probability `share`. The mask depends only on the seed, the stream
/// and the shape.
fn dropout<B: Kernels>(x: Tensor<B, 2>, share: f64, seed: u64, stream: u64) -> Tensor<B, 2> {
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    source.set_stream(stream);
    let kept = (1.0 / (1.0 - share)) as f32;
    let below = (share * (1u64 << 32) as f64) as u64;
    let shape = x.dims();
    let mask: Vec<f32> = (0..shape[0] * shape[1])
        .map(|_| match u64::from(source.next_u32()) < below {
            true => 0.0,
            false => kept,
        })
        .collect();
    let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
    x * mask
}

#[cfg(test)]
mod tests;
