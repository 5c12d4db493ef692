//! LoRA (Hu et al., <https://arxiv.org/abs/2106.09685>): a backbone's own weights stay
//! as they are; what is trained are products of two narrow matrices that are added to
//! some of its matrices.

pub mod config;
mod files;

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub use self::config::LoraConfig;
use crate::kernels::{Kernels, Precision, Trainable};
use crate::model::config::BackboneConfig;
use crate::model::parameter_names::matrices;
use crate::model::rewrite::Rewrite;

/// What is added to a backbone.
#[derive(Clone, Debug)]
pub(super) struct Lora<B: Kernels> {
    pub(super) config: LoraConfig,
    /// By layer, then by [`Place`].
    layers: Vec<[Vec<Part<B>>; 4]>,
    /// What dropout's masks are drawn from; none where nothing is dropped.
    pub(super) noise: Option<u64>,
}

/// What is added to some columns of a matrix: `a` times `b`, scaled.
#[derive(Clone, Debug)]
pub(super) struct Part<B: Kernels> {
    /// Hugging Face's name of the matrix, without ending.
    name: String,
    columns: Range<usize>,
    /// [inputs, rank].
    pub(super) a: Tensor<B, 2>,
    /// [rank, columns].
    b: Tensor<B, 2>,
}

/// Which of a layer's matrices, in the order of [`matrices`].
#[derive(Clone, Copy)]
pub(super) enum Place {
    Qkv,
    AttentionOut,
    GateUp,
    Down,
}

impl<B: Kernels> Lora<B> {
    /// Of the pairs that `pair` gives for a matrix's name, inputs and outputs.
    pub(super) fn of<E>(
        config: &LoraConfig,
        shape: &BackboneConfig,
        mut pair: impl FnMut(&str, usize, usize) -> Result<[Tensor<B, 2>; 2], E>,
    ) -> Result<Self, E> {
        let mut layers = Vec::with_capacity(shape.layers);
        for layer in 0..shape.layers {
            let mut places: [Vec<Part<B>>; 4] = Default::default();
            for (place, joined) in places.iter_mut().zip(matrices(shape, layer)) {
                let targets = joined.parts.into_iter();
                for (name, columns) in targets.filter(|(name, _)| config.adapts(name)) {
                    let [a, b] = pair(&name, joined.inputs, columns.len())?;
                    place.push(Part {
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
            noise: None,
        })
    }

    /// Without dropout.
    pub(super) fn calm(mut self) -> Self {
        self.noise = None;
        self
    }

    /// What each of its matrices becomes.
    pub(super) fn rewrite(mut self, by: &mut impl Rewrite<B>) -> Self {
        for part in self.layers.iter_mut().flatten().flatten() {
            let Part { name, a, b, .. } = part;
            for (matrix, letter) in [(a, 'A'), (b, 'B')] {
                *matrix = by.rewrite(&format!("{name}.lora_{letter}"), matrix.clone());
            }
        }
        self
    }

    /// `x` times `matrix` with what is added to it, [tokens, outputs].
    pub(super) fn product(
        &self,
        layer: usize,
        place: Place,
        x: Tensor<B, 2>,
        matrix: Tensor<B, 2>,
        precision: Precision,
    ) -> Tensor<B, 2> {
        let y = precision.product(x.clone(), matrix);
        let columns = y.dims()[1];
        let added = self.side_by_side(layer, place, columns, |number, part| {
            let x = match self.noise {
                Some(seed) => {
                    let stream = (layer * 4 + place as usize) * 4 + number;
                    dropped(x.clone(), self.config.dropout, seed, stream as u64)
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

    /// What is added to a matrix of `columns` in all; none where nothing is. `narrow`
    /// gives what a part's `b` is multiplied with, [rows, rank].
    pub(super) fn side_by_side(
        &self,
        layer: usize,
        place: Place,
        columns: usize,
        narrow: impl Fn(usize, &Part<B>) -> Tensor<B, 2>,
    ) -> Option<Tensor<B, 2>> {
        let mut pieces: Vec<Tensor<B, 2>> = Vec::new();
        let mut end = 0;
        let parts = &self.layers[layer][place as usize];
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
    /// The same without gradients.
    pub(super) fn plain(&self) -> Lora<B::InnerBackend> {
        let part = |part: &Part<B>| Part {
            name: part.name.clone(),
            columns: part.columns.clone(),
            a: part.a.clone().inner(),
            b: part.b.clone().inner(),
        };
        let places = |places: &[Vec<Part<B>>; 4]| {
            places
                .each_ref()
                .map(|parts| parts.iter().map(part).collect())
        };
        Lora {
            config: self.config.clone(),
            layers: self.layers.iter().map(places).collect(),
            noise: self.noise,
        }
    }
}

/// `x` with a share of its elements 0 and the others larger by as much: which ones
/// depends on nothing but the seed, the stream and the shape.
fn dropped<B: Kernels>(x: Tensor<B, 2>, share: f64, seed: u64, stream: u64) -> Tensor<B, 2> {
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
