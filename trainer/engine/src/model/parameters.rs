//! Visiting the trained parameters of a decoder.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};

use crate::kernels::Kernels;
use crate::model::decoder::{Backbone, Layer};
use crate::model::rewrite::Rewrite;

impl<B: Kernels> Backbone<B> {
    /// Returns the number of trained parameters.
    pub fn parameters(&self) -> usize {
        struct Count(usize);
        impl<B: Kernels> Rewrite<B> for Count {
            fn rewrite<const D: usize>(
                &mut self,
                _: &str,
                parameter: Tensor<B, D>,
            ) -> Tensor<B, D> {
                self.0 += parameter.shape().num_elements();
                parameter
            }
        }
        let mut count = Count(0);
        self.clone().rewrite(&mut count);
        count.0
    }

    /// Replaces every trained parameter. With an adapter these are its matrices and the value head;
    /// otherwise all weights.
    pub fn rewrite(self, by: &mut impl Rewrite<B>) -> Self {
        if self.lora.is_some() {
            return Self {
                lora: self.lora.map(|lora| lora.rewrite(by)),
                value_head: self.value_head.map(|head| by.rewrite("value_head", head)),
                ..self
            };
        }
        let layer = |(index, layer): (usize, Layer<B>)| {
            let mut matrix =
                |name: &str, x: Tensor<B, 2>| by.rewrite(&format!("layers.{index}.{name}"), x);
            let qkv = matrix("qkv", layer.qkv);
            let attention_out = matrix("attention_out", layer.attention_out);
            let gate_up = matrix("gate_up", layer.gate_up);
            let down = matrix("down", layer.down);
            let mut vector =
                |name: &str, x: Tensor<B, 1>| by.rewrite(&format!("layers.{index}.{name}"), x);
            Layer {
                attention_norm: vector("attention_norm", layer.attention_norm),
                qkv,
                qkv_bias: layer.qkv_bias.map(|bias| vector("qkv_bias", bias)),
                head_norms: layer.head_norms.map(|[queries, keys]| {
                    [vector("query_norm", queries), vector("key_norm", keys)]
                }),
                attention_out,
                mlp_norm: vector("mlp_norm", layer.mlp_norm),
                gate_up,
                down,
                output_norms: layer.output_norms.map(|[attention, mlp]| {
                    let attention = vector("attention_output_norm", attention);
                    [attention, vector("mlp_output_norm", mlp)]
                }),
            }
        };
        let layers = self.layers.into_iter().enumerate().map(layer).collect();
        Self {
            layers,
            embedding: by.rewrite("embedding", self.embedding),
            norm: by.rewrite("norm", self.norm),
            head: self.head.map(|head| by.rewrite("head", head)),
            value_head: self.value_head.map(|head| by.rewrite("value_head", head)),
            right_factors: None,
            ..self
        }
    }

    /// Moves every trained parameter by `share` of the way towards another model's.
    pub fn lerp(self, other: &Self, share: f32) -> Self {
        struct All(BTreeMap<String, TensorData>);
        impl<B: Kernels> Rewrite<B> for All {
            fn rewrite<const D: usize>(&mut self, name: &str, of: Tensor<B, D>) -> Tensor<B, D> {
                self.0.insert(name.to_owned(), of.to_data());
                of
            }
        }
        struct Towards(All, f32);
        impl<B: Kernels> Rewrite<B> for Towards {
            fn rewrite<const D: usize>(&mut self, name: &str, from: Tensor<B, D>) -> Tensor<B, D> {
                let Self(All(others), share) = self;
                let to = others.remove(name).expect("backbones of one shape");
                let to = Tensor::from_data(to, &from.device());
                from * (1.0 - *share) + to * *share
            }
        }
        let mut all = All(BTreeMap::new());
        other.clone().rewrite(&mut all);
        self.rewrite(&mut Towards(all, share))
    }
}
